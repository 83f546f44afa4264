"""What was under way when a cloud went down: its queue and its workflows are not kept, its data are."""

import psycopg

from infra.local.aws_emulator.client import client
from infra.local.aws_emulator.environment import STAGE
from infra.local.cloud.description import Cloud

ENDED = "select source from public.ai_kb_sources where status <> 'pending'"
# A room that is open has lost its workflow; the sweep ends it, and its owner can have it retried.
LOST = "update public.rooms set alive_until = now() where status in ('pending', 'processing', 'active')"


def take_up(cloud: Cloud) -> None:
    """Announce documents again that were not ingested yet, and have rooms ended that nobody works on any more."""
    with psycopg.connect(cloud.database_url) as connection:
        ended = {source for (source,) in connection.execute(ENDED)}
        lost = connection.execute(LOST).rowcount
    s3 = client("s3", cloud.aws_endpoint_url)
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=cloud.kb_bucket)
    for key in (item["Key"] for page in pages for item in page.get("Contents", [])):
        if key not in ended:  # written over itself, it is announced
            source = {"Bucket": cloud.kb_bucket, "Key": key}
            s3.copy_object(Bucket=cloud.kb_bucket, Key=key, CopySource=source, MetadataDirective="REPLACE")
    if lost:
        functions = client("lambda", cloud.aws_endpoint_url)
        functions.invoke(FunctionName=f"hercules-{STAGE}-sweep", InvocationType="Event")
