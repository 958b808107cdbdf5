"""The peer: a careful backend with FastAPI and the official OpenAI SDK.

One client for all requests, made at start; pydantic models at both ends; uvicorn's own defaults, its access log
included. `--fast` adds what the extra `uvicorn[standard]` installs: uvloop and httptools. It has no sign-in, no rate
limits and no metrics, which the hub has.
"""

import contextlib
import copy
import json
import os
import socket
import sys
from collections.abc import AsyncIterator

import uvicorn
from fastapi import FastAPI, Request
from openai import AsyncOpenAI
from pydantic import BaseModel


class Wish(BaseModel):
    """What a request may change."""

    language: str = "Spanish"


class ClientSecret(BaseModel):
    """The answer."""

    value: str
    expires_at: int


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Keep one client, and with it its connections, for as long as the server runs."""
    async with AsyncOpenAI(base_url=os.environ["PROVIDER_URL"], api_key=os.environ["PROVIDER_KEY"]) as client:
        app.state.openai = client
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/client-secret")
async def create_client_secret(wish: Wish, request: Request) -> ClientSecret:
    """Mint a client secret."""
    client: AsyncOpenAI = request.app.state.openai
    secret = await client.realtime.client_secrets.create(
        expires_after={"anchor": "created_at", "seconds": 600},
        session={
            "type": "realtime",
            "model": "gpt-realtime-2.1",
            "instructions": f"You help a family cook. Ask what they have first. Speak {wish.language}.",
            "audio": {
                "input": {"noise_reduction": {"type": "far_field"}, "turn_detection": {"type": "semantic_vad"}},
                "output": {"voice": "marin"},
            },
        },
    )
    return ClientSecret(value=secret.value, expires_at=secret.expires_at)


class Server(uvicorn.Server):
    """Says when it listens."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and print the address."""
        await super().startup(sockets)
        url = f"http://127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"
        sys.stdout.write(json.dumps({"url": url}) + "\n")
        sys.stdout.flush()


def main() -> None:
    logs = copy.deepcopy(uvicorn.config.LOGGING_CONFIG)
    # Standard output is for the address; the log goes where the hub's goes.
    logs["handlers"]["access"]["stream"] = "ext://sys.stderr"
    if "--fast" in sys.argv:
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=logs, loop="uvloop", http="httptools")
    else:
        config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=logs, loop="asyncio", http="h11")
    # uvicorn opens the socket itself: one made by `bind_socket` lacks TCP_NODELAY under asyncio, and costs 40 ms.
    Server(config).run()


if __name__ == "__main__":
    main()
