"""What is deployed, as an operator asks for it."""

from pydantic import BaseModel, Field

from shared.database.client import Database
from shared.platform import settings
from shared.upkeep import queries


class DeploymentSettings(settings.EnvironmentSettings):
    schema_version: str = ""  # of the newest migration that the functions were packaged with


class Deployment(BaseModel):
    """The functions do what they should where both versions of the schema are the same."""

    version: str
    schema_version: str | None = Field(description="Of the newest migration that the database has.")
    schema_expected: str = Field(description="Of the newest migration that the functions know.")
    upkeep_lag: dict[str, float] = Field(description="For how many seconds each job of the sweep is late.")


def deployment(database: Database) -> Deployment:
    """Raises UnavailableError where the database does not answer."""
    return Deployment(
        version=settings.load(settings.PlatformSettings).service_version,
        schema_version=queries.schema_version(database),
        schema_expected=settings.load(DeploymentSettings).schema_version,
        upkeep_lag=queries.upkeep_lag(database),
    )
