"""The week's limit of the demo's user, as whoever runs the service would set it."""

import psycopg

from infra.local.cloud.description import Cloud
from infra.local.demo.phone import Phone, StepError

PLAN, MESSAGES = "demo", 7  # a week: few, so that the demo reaches the end of them
NEW_PLAN = (
    "insert into ai_usage_plans (id, weekly_tokens, weekly_messages, weekly_cost) values (%s, 1000000, %s, 1) "
    "on conflict (id) do update set weekly_messages = excluded.weekly_messages"
)


def put_on_small_plan(cloud: Cloud, user: Phone) -> None:
    if not cloud.database_url:
        raise StepError("DATABASE_URL is needed to put the demo's user on a small plan")
    with psycopg.connect(cloud.database_url) as connection:
        connection.execute(NEW_PLAN, (PLAN, MESSAGES))
        connection.execute("insert into ai_user_plans (user_id, plan_id) values (%s, %s)", (user.user_id, PLAN))


def allow_one_more(cloud: Cloud) -> None:
    """A message that the demo did not reckon with: the model asked back."""
    with psycopg.connect(cloud.database_url) as connection:
        connection.execute("update ai_usage_plans set weekly_messages = weekly_messages + 1 where id = %s", (PLAN,))
