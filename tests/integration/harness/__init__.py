"""What the tests share: servers, clients, and what they are configured with."""

import os
import re
import tempfile
import time

# Configurations have paths without quotes, and that of a Unix socket has 107 bytes at most.
if not re.fullmatch(r"[\w./-]{1,40}", tempfile.gettempdir()):
    tempfile.tempdir = "/tmp"

# Where nobody knows a visitor's time zone, it is the server's.
os.environ["TZ"] = "UTC"
time.tzset()
