/* Little charts of load: one line and its area, drawn when a sample comes and when the colours change. */
const COLUMN = { cpu: 0, memory: 1 };

function paint(canvas) {
  const samples = JSON.parse(canvas.dataset.samples || "[]").map((row) => row[COLUMN[canvas.dataset.spark]]);
  const width = canvas.clientWidth, height = canvas.clientHeight, scale = devicePixelRatio || 1;
  if (!width || samples.length < 2) return;
  canvas.width = width * scale;
  canvas.height = height * scale;
  const pen = canvas.getContext("2d");
  pen.scale(scale, scale);
  const top = Math.max(Number(canvas.dataset.max) || 1, ...samples);
  const at = (value, index) => [(index / (samples.length - 1)) * width, height - 1 - (value / top) * (height - 4)];
  pen.strokeStyle = pen.fillStyle = getComputedStyle(canvas).color;
  pen.lineWidth = 1.25;
  pen.beginPath();
  samples.forEach((value, index) => pen.lineTo(...at(value, index)));
  pen.stroke();
  pen.lineTo(width, height);
  pen.lineTo(0, height);
  pen.globalAlpha = 0.14;
  pen.fill();
}

export function paintSparks(root = document) {
  for (const canvas of root.querySelectorAll("canvas.spark")) paint(canvas);
}

export function startSparks() {
  paintSparks();
  document.addEventListener("ui:colours", () => paintSparks());
  addEventListener("resize", () => paintSparks());
}
