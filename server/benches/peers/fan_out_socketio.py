"""Fan-out as Flask-SocketIO's documentation has it: an event of one goes to all others.

    python fan_out_socketio.py PORT
"""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from flask import Flask  # noqa: E402
from flask_socketio import SocketIO, emit  # noqa: E402

app = Flask(__name__)
sockets = SocketIO(app, async_mode="gevent", cors_allowed_origins="*")


@sockets.on("events")
def publish(event):
    emit("events", event, broadcast=True, include_self=False)


sockets.run(app, host="127.0.0.1", port=int(sys.argv[1]))
