# SPDX-License-Identifier: MIT
"""What requests carry; the document data/openapi.json says the same, and a test compares them."""
from __future__ import annotations

import datetime
from typing import Annotated, Any, Dict, List, Literal, Optional, Union

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
TICKER = r"^[A-Za-z0-9^=_-][A-Za-z0-9.^=_-]{0,30}$"
IDENTIFIER = r"^[A-Za-z0-9_-]{1,64}$"
CURSOR = r"^[0-9]{1,15}\.[A-Za-z0-9_-]{1,64}$"
CLIENT = r"^[A-Za-z0-9._-]{1,64}$"



def _on_the_calendar(text: str) -> str:
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a date like 2022-12-28") from None
    return text


Date = Annotated[str, StringConstraints(pattern=DATE), AfterValidator(_on_the_calendar)]
Ticker = Annotated[str, StringConstraints(pattern=TICKER)]
Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER)]
Limit = Annotated[int, Field(ge=1, le=1000)]
Cursor = Annotated[str, StringConstraints(pattern=CURSOR)]
Outcome = Literal["HIT", "NEAR", "MISS", "PENDING"]


class Strict(BaseModel):
    """Unknown members are errors, and nothing is converted."""

    model_config = ConfigDict(extra="forbid", strict=True)


class QueryRequest(Strict):
    query: Annotated[str, Field(min_length=1, max_length=4000)]
    as_of: Optional[Date] = None
    provider: Optional[Annotated[str, Field(min_length=1, max_length=64)]] = None
    timeout_ms: Optional[Annotated[int, Field(ge=1, le=600000)]] = None


class CheckActualsRequest(Strict):
    today: Optional[Date] = None


class FetchRequest(Strict):
    tickers: Annotated[List[Ticker], Field(min_length=1, max_length=100)]
    start: Optional[Date] = None
    end: Optional[Date] = None


class TokenRequest(Strict):
    ttl_s: Optional[Annotated[int, Field(ge=1, le=3600)]] = None


class TextPart(BaseModel):
    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    role: Literal["system", "developer", "user", "assistant"]
    content: Union[str, Annotated[List[TextPart], Field(min_length=1)]]

    def text(self) -> str:
        """The content as one text."""
        if isinstance(self.content, str):
            return self.content
        return "".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    include_usage: Optional[bool] = None


class ResponseFormat(BaseModel):
    type: Literal["text", "json_object"]


StopText = Annotated[str, Field(min_length=1, max_length=256)]
Tokens = Annotated[int, Field(ge=1, le=10000000)]


class ChatRequest(BaseModel):
    """Members that are not listed have no effect, unless they would change the answer."""

    model_config = ConfigDict(extra="allow", strict=True)

    model: Optional[Annotated[str, Field(min_length=1, max_length=128)]] = None
    messages: Annotated[List[ChatMessage], Field(min_length=1, max_length=1000)]
    stream: Optional[bool] = None
    stream_options: Optional[StreamOptions] = None
    temperature: Optional[Annotated[float, Field(ge=0, le=2)]] = None
    max_tokens: Optional[Tokens] = None
    max_completion_tokens: Optional[Tokens] = None
    stop: Optional[Union[StopText, Annotated[List[StopText], Field(max_length=4)]]] = None
    response_format: Optional[ResponseFormat] = None
    n: Optional[Annotated[int, Field(ge=1, le=1)]] = None

    def refused(self) -> List[str]:
        """Members that the chain cannot honour."""
        extra: Dict[str, Any] = self.model_extra or {}
        usual = {"top_p": 1, "presence_penalty": 0, "frequency_penalty": 0}
        lists = ("tools", "functions", "audio", "logit_bias", "logprobs")
        return [name for name in lists if extra.get(name)] + [
            name for name, value in usual.items() if extra.get(name) not in (None, value)]

    def options(self) -> Dict[str, Any]:
        """How the completion is wanted, in the words of LLMClient.generate()."""
        stop = [self.stop] if isinstance(self.stop, str) else self.stop or []
        wants_json = self.response_format is not None and self.response_format.type != "text"
        return {"temperature": self.temperature, "stop": stop, "json_mode": wants_json,
                "max_tokens": self.max_completion_tokens or self.max_tokens or 0}
