"""How the deployment tool is run."""

from pathlib import Path

import pytest

from infra.packaging import osls

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("given", "missing"),
    [("SUPABASE_ANON_KEY", "SUPABASE_URL"), ("SUPABASE_URL", "SUPABASE_ANON_KEY")],
)
def test_a_deployment_without_a_supabase_project_stops_and_names_what_is_missing(
    given: str, missing: str, tmp_path: Path
) -> None:
    osls.lay_out(ROOT, tmp_path)

    with pytest.raises(osls.OslsError, match=rf'"params\.default\.{missing}": Value not found at "env" source'):
        osls.run(tmp_path, "package", stage="dev", environment={given: "x"})


def test_the_tool_sees_nothing_of_the_callers_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    (tmp_path / "serverless.yml").write_text(
        "service: tried\nprovider: {name: aws}\ncustom: {seen: \"${env:AWS_PROFILE, 'nothing'}\"}\n"
    )
    said: list[str] = []

    osls.run(tmp_path, "print", stage="dev", environment={}, progress=said.append)

    assert "  seen: nothing" in said
