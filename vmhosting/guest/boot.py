"""First program of a machine: puts the guest package on the path and hands over to the agent."""

import sys

sys.path.insert(0, "/opt/aurum")

from guest.agent import main

sys.exit(main())
