"""Entry of the strategy's own process, started by the agent."""

import sys

sys.path.insert(0, "/opt/aurum")

from guest.runner import main

sys.exit(main())
