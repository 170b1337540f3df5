# SPDX-License-Identifier: MIT
from __future__ import annotations

import asyncio
import os
import pathlib
from typing import Iterator

import ape
import pytest

SHARPE = "Calculate the Sharpe ratio for AAPL in 2021"


@pytest.fixture(scope="module")
def orchestrator() -> Iterator[ape.Orchestrator]:
    with ape.Orchestrator() as made:
        yield made


def test_answers(orchestrator: ape.Orchestrator) -> None:
    stages = []
    answer = orchestrator.query(SHARPE, on_stage=stages.append, query_id="my-own-id")
    assert answer.ok and answer.status == "verified" and answer.metric == "sharpe_ratio"
    assert answer.query_id == "my-own-id"
    assert 0 < answer.value < 3 and str(answer) == answer.sentence
    assert stages == ["plan", "sanitize", "execute", "gate"]
    assert "verified" in repr(answer)


def test_knows_nothing_later(orchestrator: ape.Orchestrator) -> None:
    answer = orchestrator.query("What was the last price of MSFT?", as_of="2021-06-30")
    assert answer.data["provenance"]["as_of"] == "2021-06-30"
    assert all(series["last"] <= "2021-06-30" for series in answer.data["provenance"]["data"])


def test_no_is_an_answer(orchestrator: ape.Orchestrator) -> None:
    answer = orchestrator.query("What is the meaning of life?")
    assert not answer.ok and answer.value is None and answer.sentence


@pytest.mark.parametrize(("arguments", "message"), [
    ({"question": ""}, "question"),
    ({"question": "x" * 5000}, "question"),
    ({"question": SHARPE, "as_of": "soon"}, "as_of"),
])
def test_bad_arguments_are_named(orchestrator: ape.Orchestrator, arguments: "dict[str, str]",
                                 message: str) -> None:
    with pytest.raises(ape.InvalidError, match=message):
        orchestrator.query(**arguments)


def test_a_listener_that_raises(orchestrator: ape.Orchestrator) -> None:
    def deaf(stage: str) -> None:
        raise RuntimeError(stage)

    with pytest.raises(RuntimeError, match="plan"):
        orchestrator.query(SHARPE, on_stage=deaf)
    assert orchestrator.query(SHARPE).ok


async def test_awaits_several(orchestrator: ape.Orchestrator) -> None:
    stages = []
    answers = await asyncio.gather(*(
        orchestrator.aquery(f"volatility of {ticker} in 2021", on_stage=stages.append)
        for ticker in ("AAPL", "MSFT", "KO")))
    assert [answer.status for answer in answers] == ["verified"] * 3
    assert stages.count("gate") == 3


def test_queries_are_kept(tmp_path: pathlib.Path) -> None:
    with ape.Store(state_dir=tmp_path) as store, ape.Orchestrator(store=store) as keeping:
        answer = keeping.query("Where will AAPL be in 30 days?")
        assert answer.ok
        assert store.get_query(answer.query_id)["status"] == "verified"
        assert store.latest_prediction("AAPL")["id"] == answer.data["prediction_id"]


def test_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ape.query("What was the last price of MSFT?").ok


def test_closing_ends_the_workers() -> None:
    made = ape.Orchestrator(workers=2)
    asyncio.run(made.aquery(SHARPE))
    made.close()
    with pytest.raises(ape.ClosedError):
        asyncio.run(made.aquery(SHARPE))


def test_prices_of_a_folder(tmp_path: pathlib.Path) -> None:
    days = [f"2021-01-{day:02d}" for day in range(4, 30)]
    rows = "".join(f"{day},{100 + index}\n" for index, day in enumerate(days))
    (tmp_path / "MINE.csv").write_text("Date,Close\n" + rows)
    settings = ape.Settings({"APE_DATA_DIR": os.fspath(tmp_path)}, environment=False)
    with ape.Orchestrator(settings) as made:
        assert made.query("What was the last price of MINE?").value == 125
