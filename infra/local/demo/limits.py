"""A user's week, as whoever runs the service would limit it."""

from typing import NamedTuple

import psycopg

from infra.local.cloud.description import Cloud
from infra.local.demo.checks import check
from infra.local.demo.phone import Phone


class Plan(NamedTuple):
    """A row of ai_usage_plans."""

    id: str
    tokens: int
    messages: int
    cost: float  # US dollars


SMALL = Plan("demo", 1_000_000, 7, 1)  # so few messages that the demo reaches the end of them
NEW_PLAN = (
    "insert into ai_usage_plans (id, weekly_tokens, weekly_messages, weekly_cost) values (%s, %s, %s, %s) "
    "on conflict (id) do update set weekly_messages = excluded.weekly_messages"
)


def put_on_plan(cloud: Cloud, user: Phone, plan: Plan) -> None:
    check(bool(cloud.database_url), "DATABASE_URL is set, to put the demo's user on a small plan")
    with psycopg.connect(cloud.database_url) as connection:
        connection.execute(NEW_PLAN, plan)
        connection.execute("insert into ai_user_plans (user_id, plan_id) values (%s, %s)", (user.user_id, plan.id))


def allow_one_more(cloud: Cloud, plan: Plan) -> None:
    """A message that nobody reckoned with: the model asked back."""
    with psycopg.connect(cloud.database_url) as connection:
        connection.execute("update ai_usage_plans set weekly_messages = weekly_messages + 1 where id = %s", (plan.id,))
