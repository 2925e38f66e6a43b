"""Drives the real clients of BentoML against the server at the address that is given.

Prints one line of JSON for each case: its id and what was seen, or for `list` what there is.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
import os
import sys
import tempfile
import typing as t
from pathlib import Path

import bentoml
import numpy as np
import PIL.Image
from bentoml.exceptions import BentoMLException

Caller = t.Callable[..., t.Any]


def show(value: t.Any) -> t.Any:
    """A value as JSON, with what is lost there."""
    if isinstance(value, np.ndarray):
        return ["array", str(value.dtype), list(value.shape), [None if item != item else item for item in value.ravel().tolist()]]
    if isinstance(value, PIL.Image.Image):
        return ["picture", value.format, list(value.size)]
    if isinstance(value, Path):
        return ["file", value.suffix, hashlib.sha256(value.read_bytes()).hexdigest()]
    if isinstance(value, bytes):
        return ["bytes", value.hex()]
    if isinstance(value, (list, tuple)):
        return [show(item) for item in value]
    if isinstance(value, dict):
        return {key: show(item) for key, item in value.items()}
    return value


def attempt(run: t.Callable[[], t.Any]) -> t.Any:
    """What came of it; of what was raised the class, the status and whether a person reads what was meant for them."""
    try:
        return show(run())
    except BentoMLException as error:
        return {
            "raised": type(error).__name__,
            "status": int(error.error_code),
            "tells": "meant for the caller" in str(error),
        }
    except Exception as error:
        return {"raised": type(error).__name__}


def raised(name: str, status: t.Optional[int] = None, tells: bool = False) -> t.Dict[str, t.Any]:
    return {"raised": name} if status is None else {"raised": name, "status": status, "tells": tells}


class Files:
    """What is uploaded."""

    def __init__(self, folder: Path) -> None:
        self.text = folder / "words.txt"
        self.text.write_bytes(b"some words")
        self.note = folder / "note.md"
        self.note.write_bytes(b"\x00\xff")
        self.large = folder / "large.bin"
        self.large.write_bytes(b"\x07" * (3 << 20))
        self.png = folder / "picture.png"
        self.jpeg = folder / "picture.jpg"
        picture = PIL.Image.new("RGB", (2, 3), (200, 30, 30))
        picture.save(self.png)
        picture.save(self.jpeg)


def described(path: Path, **more: t.Any) -> t.Dict[str, t.Any]:
    data = path.read_bytes()
    return {"extension": path.suffix, "length": len(data), "sha256": hashlib.sha256(data).hexdigest(), **more}


def saved(suffix: str, content: bytes) -> t.List[str]:
    return ["file", suffix, hashlib.sha256(content).hexdigest()]


Case = t.Tuple[str, str, t.Callable[[Caller], t.Any], t.Any]


def cases(files: Files) -> t.List[Case]:
    grid = np.arange(6, dtype="float32").reshape(2, 3)
    person = {"name": "é", "age": 3}
    whole = {"name": "é", "age": 3, "address": None}
    return [
        ("76.positional", "arguments by position", lambda call: call("add", 1, 2), 3),
        ("76.keyword", "arguments by name", lambda call: call("add", b=2, a=1), 3),
        ("76.default", "an argument left out", lambda call: call("add", 1), 2),
        ("76.missing", "an argument missing", lambda call: call("add"), raised("TypeError")),
        ("76.unknown", "an argument that nobody knows", lambda call: call("add", a=1, c=2), raised("TypeError")),
        ("76.nested", "a model", lambda call: call("greet", person=person), whole),
        ("76.list", "a list of models", lambda call: len(call("people", count=3)), 3),
        ("76.optional", "an optional argument", lambda call: [call("optional"), call("optional", name="x")], ["nobody", "x"]),
        ("76.tuple", "a tuple", lambda call: call("pair", pair=(1, "x")), raised("KeyError")),
        ("76.record", "a record", lambda call: call("counts", counts={"a": 1}), {"a": 1}),
        ("76.nothing", "nothing", lambda call: call("nothing"), None),
        ("76.text", "a text", lambda call: call("text", text='é "q" \U0001f600'), 'é "q" \U0001f600'),
        ("76.empty", "an empty text", lambda call: call("text", text=""), ""),
        ("76.batch", "a list for a method that batches", lambda call: call("double", numbers=list(range(9))), list(range(0, 18, 2))),
        ("77.path", "a file by its path", lambda call: call("file", file=files.text), described(files.text, note="", number=1)),
        ("77.string", "a file by its path as a string", lambda call: call("file", file=str(files.note)), described(files.note, note="", number=1)),
        (
            "77.fields",
            "a file with other fields",
            lambda call: call("file", file=files.text, note="12", number=7),
            described(files.text, note="12", number=7),
        ),
        ("77.large", "a file of 3 MiB", lambda call: call("file", file=files.large), described(files.large, note="", number=1)),
        ("77.list", "a list of files", lambda call: call("files", files=[files.note, files.text]), [described(files.note), described(files.text)]),
        ("77.picture", "a picture", lambda call: call("picture", picture=PIL.Image.open(files.png), times=2), [4, 6]),
        ("77.pictures", "a list of pictures", lambda call: call("pictures", pictures=[files.png, files.jpeg]), [[2, 3], [2, 3]]),
        ("77.type", "a file of another media type", lambda call: call("sound", file=files.png), raised("InvalidArgument", 400)),
        ("78", "a file by an address that is not public", lambda call: call("file", file="http://127.0.0.1:9/x"), raised("InvalidArgument", 400)),
        ("79", "an optional file that is left out", lambda call: call("maybeFile"), False),
        ("79.given", "an optional file", lambda call: call("maybeFile", file=files.text), True),
        ("80.file", "a file that is saved", lambda call: call("fileOut", name="a.csv", content="a,b"), saved(".csv", b"a,b")),
        ("80.name", "a file with a name beyond ASCII", lambda call: call("fileOut", name="é f.txt", content="x"), saved("", b"x")),
        ("80.declared", "a file of a declared media type", lambda call: call("soundOut"), saved(".mp3", b"RIFF")),
        ("80.png", "a picture in PNG", lambda call: call("mirror", picture=files.png), ["picture", "PNG", [2, 3]]),
        ("80.jpeg", "a picture in JPEG", lambda call: call("mirror", picture=files.jpeg), ["picture", "JPEG", [2, 3]]),
        ("80.bytes", "bytes", lambda call: call("bytesOut"), ["bytes", "0001feff"]),
        ("81", "an array of a declared shape", lambda call: call("tensor", x=grid), show(grid * 2)),
        ("81.list", "an array as nested lists", lambda call: call("tensor", x=[[0, 1, 2], [3, 4, 5]]), show(grid * 2)),
        ("81.any", "an array of any shape", lambda call: call("anyTensor", x=np.ones((1, 2, 2))), show(np.ones((1, 2, 2)))),
        ("81.nan", "an array with a hole", lambda call: call("holes"), ["array", "float64", [3], [1.0, None, 2.0]]),
        ("82.text", "a text as the body", lambda call: call("rootText", "words é"), "words é"),
        ("82.list", "a list as the body", lambda call: call("rootList", [1, 2]), 3),
        ("82.model", "a model as the body", lambda call: call("rootModel", person), "é"),
        ("82.file", "a file as the body", lambda call: call("rootFile", files.large), {**described(files.large), "extension": ""}),
        ("82.picture", "a picture as the body", lambda call: call("rootImage", files.png), [2, 3]),
        ("83.text", "a stream of texts", lambda call: call("words"), ["a", "bé", "c\n"]),
        ("83.bytes", "a stream of bytes", lambda call: call("blobs"), [["bytes", "00ff"], ["bytes", "80"]]),
        ("83.records", "a stream of records", lambda call: call("dicts", count=5), [{"i": at} for at in range(5)]),
        ("83.models", "a stream of models", lambda call: [one["name"] for one in call("models")], ["é", "b"]),
        ("83.empty", "an empty stream", lambda call: call("empty"), []),
        ("83.large", "a stream of 64 KiB items", lambda call: len("".join(call("large", size=65536, count=20))), 20 * 65536),
        ("83.early", "an error before the first item", lambda call: call("breaks", after=0), raised("InvalidArgument", 400)),
        ("83.late", "an error after the first item", lambda call: call("breaks", after=1), [0]),
        *(
            (f"84.{status}", f"a method that answers {status}", lambda call, status=status: call("refuse", status=status), raised(name, status, tells))
            for status, name, tells in (
                (400, "InvalidArgument", True),
                (401, "BentoMLException", False),
                (404, "NotFound", True),
                (418, "BentoMLException", True),
                (422, "UnprocessableEntity", True),
                (502, "BentoMLException", False),
                (503, "ServiceUnavailable", False),
            )
        ),
        ("84.520", "a status that nobody knows", lambda call: call("direct", status=520), raised("ValueError")),
        ("84.500", "a method that crashes", lambda call: call("crash"), raised("BentoMLException", 500)),
        ("84.504", "a method that takes too long", lambda call: call("hang"), raised("BentoMLException", 504)),
        ("84.input", "an argument of a wrong type", lambda call: call("add", a="x"), raised("InvalidArgument", 400)),
        ("85.renamed", "a method that is called as one of the client's own", lambda call: call("api_request"), "asked"),
        ("87", "the token", lambda call: call("headers")["authorization"], "Bearer the-token"),
    ]


def sync_cases() -> t.List[Case]:
    return [
        ("85.ready", "is_ready", lambda client: client.is_ready(), True),
        ("85.call", "call by name", lambda client: client.call("add", 1), 2),
        ("85.unknown", "call by a name that nobody knows", lambda client: client.call("nope"), raised("NotFound", 404)),
        ("85.raw", "a request of one's own", lambda client: client.request("POST", "/add", json={"a": 1}).json(), 2),
        ("85.headers", "headers that are set", lambda client: client.request("POST", "/context", json={}).status_code, 201),
    ]


def socket_cases() -> t.List[Case]:
    return [("88", "a client over a Unix socket", lambda client: client.add(1, 2), 3)]


def ill_cases(url: str) -> t.List[Case]:
    def unwaiting(_: t.Any) -> bentoml.SyncHTTPClient:
        return bentoml.SyncHTTPClient(url, server_ready_timeout=0)

    return [
        (
            "86",
            "a server that is not ready, asked for half a second without a pause",
            lambda _: bentoml.SyncHTTPClient(url, server_ready_timeout=0.5),
            raised("ServiceUnavailable", 503),
        ),
        ("86.asked", "is_ready of a server that is not", lambda _: unwaiting(_).is_ready(), False),
    ]


def run_all(rows: t.List[Case], argument: t.Any) -> None:
    for name, _, run, _ in rows:
        tell(name, attempt(lambda: run(argument)))


def run_sync(url: str, files: Files) -> None:
    with bentoml.SyncHTTPClient(url, token="the-token") as client:

        def call(name: str, /, *args: t.Any, **kwargs: t.Any) -> t.Any:
            result = getattr(client, name)(*args, **kwargs)
            return list(result) if inspect.isgenerator(result) else result

        run_all(cases(files), call)
        run_all(sync_cases(), client)


def to_async(row: Case) -> Case:
    name, what, run, known = row
    if name in ("82.file", "82.picture"):
        known = raised("RuntimeError")  # as that client is written
    return (f"{name}.async", f"{what}, asynchronously", run, known)


async def run_async(url: str, files: Files) -> None:
    async with bentoml.AsyncHTTPClient(url, token="the-token") as client:
        loop = asyncio.get_running_loop()

        async def collect(name: str, args: t.Any, kwargs: t.Any) -> t.Any:
            result = getattr(client, name)(*args, **kwargs)
            return [item async for item in result] if inspect.isasyncgen(result) else await result

        def call(name: str, /, *args: t.Any, **kwargs: t.Any) -> t.Any:
            return asyncio.run_coroutine_threadsafe(collect(name, args, kwargs), loop).result()

        await asyncio.to_thread(run_all, list(map(to_async, cases(files))), call)


def run_socket(url: str) -> None:
    with bentoml.SyncHTTPClient(url) as client:
        run_all(socket_cases(), client)


def tell(name: str, seen: t.Any) -> None:
    print(json.dumps({"id": name, "seen": seen}), flush=True)


def tell_all(files: Files) -> None:
    """What there is, for whoever runs it."""
    groups = {
        "sync": cases(files) + sync_cases(),
        "async": list(map(to_async, cases(files))),
        "socket": socket_cases(),
        "ill": ill_cases(""),
    }
    for kind, rows in groups.items():
        for name, what, _, known in rows:
            print(json.dumps({"kind": kind, "id": name, "what": what, "known": known}))


def main(kind: str, url: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = Files(Path(folder))
        if kind == "list":
            tell_all(files)
        elif kind == "sync":
            run_sync(url, files)
        elif kind == "async":
            asyncio.run(run_async(url, files))
        elif kind == "socket":
            run_socket(url)
        else:
            run_all(ill_cases(url), None)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
