# SPDX-License-Identifier: MIT
from __future__ import annotations

import ape
import pytest
from ape.api.config import Settings, settings


def test_production_refuses_a_default_secret(clean_environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="SECRET_KEY") as refused:
        Settings(ENVIRONMENT="production", SECRET_KEY="dev_secret_key_change_in_production")
    assert isinstance(refused.value, ape.SettingsError)
    assert "dev_secret" not in str(refused.value)


def test_production_refuses_a_missing_secret(clean_environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="SECRET_KEY"):
        Settings(ENVIRONMENT="production")


def test_the_database_is_postgresql(clean_environment: pytest.MonkeyPatch) -> None:
    assert "postgresql" in str(Settings().DATABASE_URL)
    assert Settings().DATABASE_URL == "postgresql://ape@localhost:5432/ape"
    assert "db.example" in Settings(POSTGRES_HOST="db.example").DATABASE_URL


def test_a_secret_slices_and_is_masked() -> None:
    key = "sk-make-believe-0123456789"
    read = Settings(DEEPSEEK_API_KEY=key)
    assert read.DEEPSEEK_API_KEY[:10] == key[:10]
    assert read.DEEPSEEK_API_KEY == key
    assert key not in repr(read.DEEPSEEK_API_KEY)
    assert key not in repr(read)
    assert Settings().OPENAI_API_KEY[:10] == ""
    assert repr(Settings().OPENAI_API_KEY) == "Secret('')"


def test_providers_are_known_beside_each_other() -> None:
    settings = Settings(LLM_CHAIN="extra", EXTRA_API_KEY="make-believe-key", EXTRA_MODEL="one",
                        EXTRA_BASE_URL="http://127.0.0.1:9/v1")
    assert settings.EXTRA_API_KEY == "make-believe-key" and settings.EXTRA_MODEL == "one"
    assert settings.DEEPSEEK_API_KEY == "" and "make-believe" not in repr(settings)


def test_values_have_types() -> None:
    read = Settings(CORS_ORIGINS="https://a.example, https://b.example", LLM_RETRIES=3)
    assert read.CORS_ORIGINS == ["https://a.example", "https://b.example"]
    assert read.LLM_RETRIES == 3
    assert read.POSTGRES_PORT == 5432
    assert read.REDIS_HOST is None
    assert "ENVIRONMENT" in dir(read)


def test_keys_of_clients_are_masked() -> None:
    read = Settings(API_KEYS="make-believe-key-one,make-believe-key-two")
    assert len(read.API_KEYS) == 2
    assert "one" not in repr(read.API_KEYS)


def test_an_unknown_setting_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="docs/settings.md"):
        settings.COLOUR  # noqa: B018
    with pytest.raises(AttributeError):
        settings.lower_case  # noqa: B018


def test_a_value_of_the_wrong_form_is_named() -> None:
    with pytest.raises(ValueError, match="POSTGRES_PORT"):
        Settings(POSTGRES_PORT="many")


def test_the_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOG_LEVEL", "warning")
    assert Settings().LOG_LEVEL == "warning"


def test_core_settings() -> None:
    core = ape.Settings({"REDIS_HOST": "cache.example"}, environment=False)
    assert core["REDIS_HOST"] == "cache.example"
    assert "REDIS_HOST" in core and "REDIS_URL" not in core and 3 not in core
    assert core.integer("POSTGRES_PORT", 1, 9, 7) == 7
    assert core.signing_key() is None
    assert core.report()["ok"] is True
    with pytest.raises(KeyError):
        core["SECRET_KEY"]
    with pytest.raises(ValueError, match="NUL"):
        core.get("A\0B")
    with pytest.raises(TypeError, match="name must be a str"):
        core.get(3)  # type: ignore[arg-type]
    with pytest.raises(ape.InvalidError):
        ape.Settings({"not a name": "x"})


def test_a_broken_file_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("env") / ".env"
    path.write_text("GOOD=1\nthis is no setting\n")
    with pytest.raises(ape.FormatError, match="2"):
        ape.Settings(dotenv=path)
