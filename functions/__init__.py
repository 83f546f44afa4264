"""A folder for each Lambda function; this runs before anything that one of them imports."""

import gc
import os
import sys
import warnings

# What imports make stays. To look through it for garbage every 700 objects was a tenth of a cold start.
gc.set_threshold(50_000)
# Pydantic would look for plugins in every package that is installed.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
# FastAPI would load the old pydantic to find out that no model of ours is one of its: 20 ms.
sys.modules.setdefault("pydantic.v1", None)  # type: ignore[arg-type]  # Python's note of what there is not

from shared.platform.tls import read_ahead  # noqa: E402 - the garbage of imports comes first

read_ahead()

from pydantic import BaseModel  # noqa: E402 - behind what it reads
from pydantic.warnings import UnsupportedFieldAttributeWarning  # noqa: E402

# A model is built when it is first used, under pydantic's lock: of those that FastAPI and we declare most never are.
BaseModel.model_config["defer_build"] = True
# Of a body's field FastAPI silences this while it makes it, and a model that is built later says it then.
warnings.filterwarnings("ignore", category=UnsupportedFieldAttributeWarning)
