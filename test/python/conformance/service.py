"""The service of service.ts as an author writes it for BentoML; conformance.test.ts compares what the two answer."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import os
import tempfile
import typing as t
from pathlib import Path

import bentoml
import numpy as np
import PIL.Image
import pydantic
from bentoml.exceptions import BentoMLException, InvalidArgument, NotFound, ServiceUnavailable, UnprocessableEntity
from bentoml.validators import ContentType, DType, FileSchema, Shape
from starlette.responses import Response
from typing_extensions import Annotated

# Before Python 3.12 an Optional needs members that can be hashed, and BentoML refuses optional files without it.
FileSchema.__hash__ = object.__hash__


class Address(pydantic.BaseModel):
    city: str


class Person(pydantic.BaseModel):
    name: str
    age: int = 7
    address: t.Optional[Address] = None


def error_of(status: int, base: type[BentoMLException]) -> type[BentoMLException]:
    from http import HTTPStatus

    return type("Chosen", (base,), {"error_code": HTTPStatus(status)})


known = {400: InvalidArgument, 404: NotFound, 422: UnprocessableEntity, 503: ServiceUnavailable}


def describe(path: Path) -> t.Dict[str, t.Any]:
    data = path.read_bytes()
    return {"extension": path.suffix, "length": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def folder() -> Path:
    return Path(tempfile.mkdtemp())


async def until_there(gate: str) -> None:
    while not os.path.exists(gate):
        await asyncio.sleep(0.01)


@bentoml.service(name="Conformance", workers=1, traffic={"timeout": 3})
class Conformance:
    """Covers every row of the wire."""

    # What JSON can say.

    @bentoml.api
    def add(self, a: int, b: int = 1) -> int:
        return a + b

    @bentoml.api
    def scale(self, a: int, b: float = 1.0) -> t.Dict[str, float]:
        return {"a": a, "b": b}

    @bentoml.api
    def text(self, text: str = "nothing") -> str:
        return text

    @bentoml.api
    def optional(self, name: t.Optional[str] = None) -> str:
        return "nobody" if name is None else name

    @bentoml.api
    def greet(self, person: Person) -> Person:
        return person

    @bentoml.api
    def people(self, count: int = 2) -> t.List[Person]:
        return [Person(name=f"P{at}") for at in range(count)]

    @bentoml.api
    def choose(self, kind: t.Literal["a", "b"], only: t.Literal["x"] = "x") -> str:
        return kind + only

    @bentoml.api
    def bounded(self, count: Annotated[int, pydantic.Field(ge=0, le=10)], word: Annotated[str, pydantic.Field(max_length=4)] = "") -> int:
        return count

    @bentoml.api
    def form(self, text: str, count: int, ratio: float, flag: bool, tags: t.List[str], options: t.Dict[str, int]) -> t.Dict[str, t.Any]:
        return {"text": text, "count": count, "ratio": ratio, "flag": flag, "tags": tags, "options": options}

    @bentoml.api
    def pair(self, pair: t.Tuple[int, str]) -> t.Tuple[str, int]:
        return (pair[1], pair[0])

    @bentoml.api
    def counts(self, counts: t.Dict[str, int]) -> t.Dict[str, int]:
        return counts

    @bentoml.api
    def anything(self, value: t.Any = None) -> t.List[t.Any]:
        return [value]

    @bentoml.api
    def nothing(self) -> None:
        return None

    @bentoml.api
    def truth(self) -> bool:
        return True

    @bentoml.api
    def ratio(self) -> float:
        return 0.5

    @bentoml.api
    def when(self) -> datetime.datetime:
        return datetime.datetime(2020, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)

    @bentoml.api
    def later(self, when: datetime.datetime) -> str:
        return str(int(when.timestamp()))

    @bentoml.api(batchable=True, max_batch_size=4, max_latency_ms=1000)
    def double(self, numbers: t.List[int]) -> t.List[int]:
        return [2 * number for number in numbers]

    # The body as a whole.

    @bentoml.api
    def rootText(self, text: str, /) -> str:
        return text

    @bentoml.api
    def rootList(self, numbers: t.List[int], /) -> int:
        return sum(numbers)

    @bentoml.api
    def rootModel(self, person: Person, /) -> str:
        return person.name

    @bentoml.api
    def rootFile(self, file: Path, /) -> t.Dict[str, t.Any]:
        return describe(file)

    @bentoml.api
    def rootImage(self, picture: PIL.Image.Image, /) -> t.List[int]:
        return list(picture.size)

    # Bytes, files, pictures, tensors.

    @bentoml.api
    def bytesIn(self, data: bytes) -> int:
        return len(data)

    @bentoml.api
    def bytesOut(self) -> bytes:
        return b"\x00\x01\xfe\xff"

    @bentoml.api
    def file(self, file: Path, note: str = "", number: int = 1) -> t.Dict[str, t.Any]:
        return {**describe(file), "note": note, "number": number}

    @bentoml.api
    def files(self, files: t.List[Path]) -> t.List[t.Dict[str, t.Any]]:
        return [describe(file) for file in files]

    @bentoml.api
    def maybeFile(self, file: t.Optional[Path] = None) -> bool:
        return file is not None

    @bentoml.api
    def sound(self, file: Annotated[Path, ContentType("audio/*")]) -> int:
        return len(file.read_bytes())

    @bentoml.api
    def picture(self, picture: PIL.Image.Image, times: int = 1) -> t.List[int]:
        return [side * times for side in picture.size]

    @bentoml.api
    def pictures(self, pictures: t.List[PIL.Image.Image]) -> t.List[t.List[int]]:
        return [list(picture.size) for picture in pictures]

    @bentoml.api
    def mirror(self, picture: PIL.Image.Image) -> PIL.Image.Image:
        return picture

    @bentoml.api
    def fileOut(self, name: str, content: str) -> Path:
        path = folder() / name
        path.write_text(content)
        return path

    @bentoml.api
    def soundOut(self) -> Annotated[Path, ContentType("audio/mpeg")]:
        path = folder() / "beep.mp3"
        path.write_bytes(b"RIFF")
        return path

    @bentoml.api
    def tensor(self, x: Annotated[np.ndarray, Shape((2, 3)), DType("float32")]) -> Annotated[np.ndarray, Shape((2, 3)), DType("float32")]:
        return x * 2

    @bentoml.api
    def anyTensor(self, x: Annotated[np.ndarray, DType("float64")]) -> Annotated[np.ndarray, DType("float64")]:
        return x

    @bentoml.api
    def holes(self) -> Annotated[np.ndarray, DType("float64")]:
        return np.array([1.0, np.nan, 2.0])

    # Streams.

    @bentoml.api
    async def words(self) -> t.AsyncGenerator[str, None]:
        for word in ("a", "bé", "", "c\n"):
            yield word

    @bentoml.api
    async def dicts(self, count: int = 2) -> t.AsyncGenerator[t.Dict[str, int], None]:
        for at in range(count):
            yield {"i": at}

    @bentoml.api
    async def models(self) -> t.AsyncGenerator[Person, None]:
        yield Person(name="é")
        yield Person(name="b")

    @bentoml.api
    async def blobs(self) -> t.AsyncGenerator[bytes, None]:
        yield b"\x00\xff"
        yield b"\x80"

    @bentoml.api
    async def large(self, size: int, count: int, letter: str = "x") -> t.AsyncGenerator[str, None]:
        for _ in range(count):
            yield letter * size

    @bentoml.api
    async def gated(self, gate: str) -> t.AsyncGenerator[str, None]:
        yield "first"
        await until_there(gate)
        yield "second"

    @bentoml.api
    async def slow(self) -> t.AsyncGenerator[int, None]:
        for at in range(9):
            yield at
            await asyncio.sleep(0.5)

    @bentoml.api
    async def breaks(self, after: int) -> t.AsyncGenerator[int, None]:
        for at in range(after):
            yield at
        raise InvalidArgument("broken")

    @bentoml.api
    async def empty(self) -> t.AsyncGenerator[str, None]:
        if False:
            yield ""

    # Errors, limits, the context.

    @bentoml.api
    def refuse(self, status: int) -> str:
        raise error_of(status, known.get(status, BentoMLException))("meant for the caller")

    @bentoml.api
    def crash(self) -> str:
        raise RuntimeError("a secret from inside")

    @bentoml.api
    def lie(self) -> int:
        return "text"  # type: ignore[return-value]

    @bentoml.api
    async def hang(self) -> str:
        await asyncio.sleep(60)
        return "late"

    @bentoml.api
    def context(self, ctx: bentoml.Context) -> str:
        ctx.response.status_code = 201
        ctx.response.headers["x-mine"] = ctx.request.headers.get("x-yours", "nothing")
        ctx.response.set_cookie("session", "abc", httponly=True)
        return "made"

    @bentoml.api
    def headers(self, ctx: bentoml.Context) -> t.Dict[str, str]:
        return {name: ctx.request.headers.get(name, "") for name in ("authorization", "user-agent")}

    @bentoml.api
    def direct(self, status: int = 202) -> t.Any:
        return Response(b"<p>", status_code=status, media_type="text/html", headers={"x-mine": "1"})

    # Names that a client has itself.

    @bentoml.api
    def request(self) -> str:
        return "asked"


@bentoml.service(name="Narrow", workers=1, traffic={"timeout": 30, "max_concurrency": 1}, metrics={"enabled": False}, http={"response": {"trace_id": True}})
class Narrow:
    @bentoml.api
    async def wait(self, note: str, gate: str) -> str:
        Path(note).write_text("begun")
        await until_there(gate)
        return "through"


@bentoml.service(name="Ill", workers=1)
class Ill:
    @bentoml.api
    def text(self, text: str) -> str:
        return text

    async def __is_alive__(self) -> bool:
        return not os.path.exists(os.environ["CONFORMANCE_ILL"])

    async def __is_ready__(self) -> bool:
        return not os.path.exists(os.environ["CONFORMANCE_ILL"])


@bentoml.service(name="Pair", workers=2)
class Pair:
    @bentoml.api
    def which(self) -> int:
        return os.getpid()


@bentoml.service(name="Prefixed", workers=1, path_prefix="/api/v1")
class Prefixed:
    @bentoml.api
    def add(self, a: int, b: int) -> int:
        return a + b
