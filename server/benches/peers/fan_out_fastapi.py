"""Fan-out as FastAPI's documentation has it: what comes on /publish goes to everybody on /watch.

    python fan_out_fastapi.py PORT
"""

import sys

import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
viewers = set()


@app.websocket("/watch")
async def watch(viewer: WebSocket):
    await viewer.accept()
    viewers.add(viewer)
    await viewer.send_text("ready")
    try:
        while True:
            await viewer.receive_text()
    except WebSocketDisconnect:
        viewers.discard(viewer)


@app.websocket("/publish")
async def publish(publisher: WebSocket):
    await publisher.accept()
    await publisher.send_text("ready")
    try:
        while True:
            event = await publisher.receive_text()
            for viewer in list(viewers):
                await viewer.send_text(event)
    except WebSocketDisconnect:
        pass


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
