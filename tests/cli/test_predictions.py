# SPDX-License-Identifier: MIT
"""Forecasts kept, listed, checked against what happened, and tested on the past."""
import re
import sqlite3

import pytest


@pytest.fixture
def predictions(ape, tmp_path):
    """predictions(ARGUMENT...): ape predictions over a store of its own."""
    return lambda *args, **settings: ape("predictions", *args, APE_STATE_DIR=str(tmp_path / "state"), **settings)


@pytest.fixture
def kept(ape, tmp_path):
    """One forecast whose outcome is known to the sample prices, and one whose is not."""
    for ticker, as_of in (("AAPL", "2021-06-30"), ("KO", "2022-12-20")):
        outcome = ape("query", "--keep", "--json", "--provider", "builtin", "--as-of", as_of,
                      f"Where will {ticker} be in 30 days?", APE_STATE_DIR=str(tmp_path / "state"))
        assert outcome.status == 0 and outcome.json["prediction_id"], outcome.err


def test_without_keep_nothing_is_kept(ape, predictions, tmp_path):
    outcome = ape("query", "--json", "--provider", "builtin", "Where will KO be in 30 days?",
                  APE_STATE_DIR=str(tmp_path / "state"))
    assert outcome.status == 0 and outcome.json["prediction_id"] is None
    assert predictions("list", "--json").json == {"predictions": [], "next": None}


def test_a_forecast_from_list_to_track_record(predictions, kept):
    listed = predictions("list", "--json").json["predictions"]
    assert [p["ticker"] for p in listed] == ["KO", "AAPL"]
    assert predictions("latest", "AAPL", "--json").json == listed[1]
    assert predictions("history", "AAPL", "--json").json["predictions"] == listed[1:]

    checked = predictions("check-actuals", "--json").json
    assert checked["checked"] == 1 == checked["hits"] + checked["nears"] + checked["misses"]
    again = predictions("check-actuals", "--json").json
    assert again["checked"] == 0

    outcome = predictions("latest", "AAPL", "--json").json
    assert outcome["outcome"] in ("HIT", "NEAR", "MISS") and outcome["actual"] > 0
    assert predictions("list", "--outcome", "PENDING", "--json").json["predictions"] == listed[:1]
    corridor = predictions("corridor", "AAPL", "--json").json["corridor"]
    assert [(c["target_date"], c["outcome"]) for c in corridor] == [("2021-07-30", outcome["outcome"])]
    record = predictions("track-record", "AAPL", "--json").json
    assert record["checked"] == 1 and record["calibration"][0]["confidence"] == 0.8
    assert predictions("track-record", "KO", "--json").json["hit_rate"] is None
    assert predictions("track-record", "--from", "2021-08-01", "--json").json["checked"] == 0


def test_people_see_the_same(predictions, kept):
    predictions("check-actuals")
    shown = predictions("list").out.splitlines()
    assert len(shown) == 3 and shown[0].startswith("ticker")
    listed = predictions("list", "--json").json["predictions"]
    for line, p in zip(shown[1:], listed):
        assert line.split()[:3] == [p["ticker"], p["as_of"], p["target_date"]]
        assert f"{p['base']:.2f}" in line and line.endswith(p["id"])
    assert re.search(r"^checked 1: \d hits", predictions("track-record").out)
    assert "2021-07-30" in predictions("corridor", "AAPL").out


def test_pages(predictions, kept):
    first = predictions("list", "--limit", "1")
    cursor = re.search(r"^more: --cursor (\S+)$", first.out, re.M).group(1)
    second = predictions("list", "--limit", "1", "--cursor", cursor)
    assert "KO" in first.out and "AAPL" in second.out and "more:" not in second.out


def test_nothing_known_is_an_honest_no(predictions):
    outcome = predictions("latest", "AAPL")
    assert outcome.status == 3 and outcome.err == "ape: there is no prediction for AAPL\n"


@pytest.mark.parametrize("arguments, says", [
    ((), "say what to do with the predictions"),
    (("eat",), "say what to do with the predictions"),
    (("latest",), "latest of which ticker?"),
    (("latest", "AAPL", "KO"), "too many words: 'KO'"),
    (("check-actuals", "AAPL"), "too many words"),
    (("list", "--outcome", "MAYBE"), "HIT, NEAR, MISS or PENDING"),
    (("list", "--limit", "0"), "--limit must be a whole number from 1 to 1000"),
    (("list", "--cursor", "x"), "cursor must be"),
    (("list", "--from", "2021-02-30"), "target_from must be a date"),
    (("track-record", "--to", "x"), "to must be a date"),
    (("check-actuals", "--today", "x"), "today must be a date"),
    (("backtest", "--days", "0"), "--days must be a whole number"),
    (("latest", "AAPL'; DROP TABLE predictions; --"), "ticker must be"),
])
def test_wrong_usage(predictions, arguments, says):
    outcome = predictions(*arguments)
    assert outcome.status == 2 and says in outcome.err and outcome.out == ""


def test_a_store_that_cannot_be_opened(predictions, ape, tmp_path):
    (tmp_path / "file").write_text("")
    outcome = ape("predictions", "list", APE_STATE_DIR=str(tmp_path / "file"))
    assert outcome.status == 1 and outcome.out == "" and str(tmp_path / "file") in outcome.err
    secret = predictions("list", DATABASE_URL="postgresql://ape:make-believe-pass@localhost:notaport/ape")
    assert secret.status == 1 and "DATABASE_URL" in secret.err and "make-believe" not in secret.err


def test_a_backtest_goes_the_whole_way_and_keeps_nothing(predictions, ape, tmp_path):
    (tmp_path / "tmp").mkdir()
    outcome = predictions("backtest", "KO", "--count", "4", "--within", "1", "--json", TMPDIR=str(tmp_path / "tmp"))
    assert outcome.status == 0, outcome.err
    assert outcome.json["checked"] == 4 and outcome.json["calibration"][0]["confidence"] == 0.8
    assert list((tmp_path / "tmp").iterdir()) == []
    assert predictions("list", "--json").json["predictions"] == []


def test_a_backtest_below_the_bar_fails(predictions):
    outcome = predictions("backtest", "KO", "--count", "3", "--within", "0")
    assert outcome.status == 1 and outcome.out.startswith("checked 3:")
    assert "more than 0 points from what they say" in outcome.err


def test_a_backtest_needs_prices(predictions):
    outcome = predictions("backtest", "NOSUCH")
    assert outcome.status == 1 and "no prices of NOSUCH" in outcome.err


def test_questions_in_the_form_of_sql_are_kept_as_text(ape, predictions, kept, tmp_path):
    question = "AAPL'; DROP TABLE predictions; --"
    ape("query", "--keep", "--provider", "builtin", question, APE_STATE_DIR=str(tmp_path / "state"))
    assert len(predictions("list", "--json").json["predictions"]) == 2
    with sqlite3.connect(tmp_path / "state" / "predictions.db") as database:
        assert (question,) in database.execute("SELECT question FROM queries").fetchall()
