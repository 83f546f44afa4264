"""The files of stages."""

from pathlib import Path

import pytest

from infra.local.processes import ROOT
from infra.packaging.stages import UnfitStageError, read


def written(root: Path, text: str) -> Path:
    (root / "infra" / "stages").mkdir(parents=True)
    (root / "infra" / "stages" / "prod.yml").write_text(text)
    (root / "serverless.yml").write_text("a: ${env:CHAT_MODEL, 'x'}\nregion: ${env:AWS_REGION}\n")
    return root


def test_a_stage_is_what_its_file_says(tmp_path: Path) -> None:
    text = "account: '123456789012'\nregion: eu-west-1\nalarm_email: a@b.example\n"
    text += "concurrency: { send_message: 300 }\nsettings: { CHAT_MODEL: gpt-6-luna }\n"
    stage = read(written(tmp_path, text), "prod")

    assert (stage.account, stage.region, stage.alarm_email) == ("123456789012", "eu-west-1", "a@b.example")
    assert (stage.settings, stage.concurrency) == ({"CHAT_MODEL": "gpt-6-luna"}, {"send_message": 300})


@pytest.mark.parametrize(
    "text", ["settings: { CHAT_MODELS: x }", "settings: { OPENAI_API_KEY: sk }", "settings: { AWS_REGION: x }", "ac: 1"]
)
def test_what_nothing_reads_is_refused_and_so_is_a_key(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnfitStageError, match="which nothing reads"):
        read(written(tmp_path, text), "prod")


@pytest.mark.parametrize("name", ["nowhere", "Prod", "../prod", "p" * 40])
def test_a_stage_has_a_file_and_a_name_that_fits_into_that_of_a_bucket(name: str) -> None:
    with pytest.raises(UnfitStageError, match="There is no"):
        read(ROOT, name)


@pytest.mark.parametrize("name", ["dev", "staging", "prod"])
def test_the_stages_that_are_shipped_can_be_read(name: str) -> None:
    assert read(ROOT, name).region
