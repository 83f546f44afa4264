-- =====================================================================================================================
-- Usage: weekly limits by plan, one row per user and week, a ledger of reservations
-- =====================================================================================================================
-- Invariant, under any race: used + reserved <= limit, for tokens, messages and cost. What a call may use at most is
-- reserved before it; afterwards the reservation ends once, settled with what was used or released.

-- ----------------------------------------------------------------------------------------------- ai_usage_plans
create table public.ai_usage_plans (
  id text primary key check (char_length(id) between 1 and 50),
  weekly_tokens int not null check (weekly_tokens >= 0),
  weekly_messages int not null check (weekly_messages >= 0),
  weekly_cost numeric(12, 6) not null check (weekly_cost >= 0),
  is_default boolean not null default false
);
comment on table public.ai_usage_plans is 'Weekly limits. A change takes effect with the next reservation.';
comment on column public.ai_usage_plans.weekly_cost is 'US dollars.';

create unique index ai_usage_plans_one_default_idx on public.ai_usage_plans (is_default) where is_default;
insert into public.ai_usage_plans (id, weekly_tokens, weekly_messages, weekly_cost, is_default)
values ('free', 5000000, 100, 1.00, true); -- a turn of a long conversation reads some 25,000 tokens

alter table public.ai_usage_plans enable row level security;
create policy "Everyone signed in reads the plans" on public.ai_usage_plans for select to authenticated using (true);
grant select on public.ai_usage_plans to authenticated, service_role;

-- ------------------------------------------------------------------------------------------------ ai_user_plans
create table public.ai_user_plans (
  user_id uuid primary key references auth.users (id) on delete cascade,
  plan_id text not null references public.ai_usage_plans (id)
);
comment on table public.ai_user_plans is 'Users who are not on the default plan.';

create index ai_user_plans_plan_id_idx on public.ai_user_plans (plan_id);

alter table public.ai_user_plans enable row level security;
create policy "Owners see their plan" on public.ai_user_plans for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_user_plans to authenticated, service_role;

-- ----------------------------------------------------------------------------------------------------- ai_usage
create table public.ai_usage (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  period_start date not null check (extract(isodow from period_start) = 1),
  period_end date not null check (period_end = period_start + 6),
  tokens_used int not null default 0 check (tokens_used >= 0),
  messages_used int not null default 0 check (messages_used >= 0),
  cost_estimate numeric(12, 6) not null default 0 check (cost_estimate >= 0),
  tokens_reserved int not null default 0 check (tokens_reserved >= 0),
  messages_reserved int not null default 0 check (messages_reserved >= 0),
  cost_reserved numeric(12, 6) not null default 0 check (cost_reserved >= 0),
  cost_complete boolean not null default true,
  updated_at timestamptz not null default now(),
  unique (user_id, period_start)
) with (fillfactor = 70); -- twice a turn, in its own page
comment on table public.ai_usage is 'What a user used and has reserved in one ISO week (UTC, Monday to Sunday inclusive).';
comment on column public.ai_usage.cost_estimate is 'US dollars by the price list of the day.';
comment on column public.ai_usage.cost_complete is
  'False when a model without a known price was used: the cost is then a lower bound.';

create index ai_usage_period_start_idx on public.ai_usage (period_start);
create trigger ai_usage_set_updated_at before update on public.ai_usage
  for each row execute function private.set_updated_at();

alter table public.ai_usage enable row level security;
create policy "Owners use their usage" on public.ai_usage for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_usage to authenticated, service_role;

-- ---------------------------------------------------------------------------------------------- ai_usage_ledger
create table public.ai_usage_ledger (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  usage_id uuid not null, -- of ai_usage, whose rows go with the user alone, as these do: a foreign key would cost each turn 0.25 KB
  turn_id uuid references public.ai_chat_turns (id) on delete set null,
  status text not null default 'reserved' check (status in ('reserved', 'settled', 'released')),
  tokens_reserved int not null check (tokens_reserved >= 0),
  messages_reserved int not null check (messages_reserved >= 0),
  cost_reserved numeric(12, 6) not null check (cost_reserved >= 0),
  tokens_used int check (tokens_used >= 0),
  messages_used int check (messages_used >= 0),
  cost_used numeric(12, 6) check (cost_used >= 0),
  model text check (char_length(model) <= 200),
  estimated boolean not null default false,
  cost_complete boolean not null default true,
  charged boolean not null default true,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  ended_at timestamptz,
  room_id uuid, -- references public.rooms, see there
  check ((status = 'reserved') = (ended_at is null))
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02);
comment on table public.ai_usage_ledger is 'Every reservation and how it ended. Survives the deletion of the chat it paid for.';
comment on column public.ai_usage_ledger.tokens_used is
  'As the provider reported; what is charged to ai_usage is at most what was reserved.';
comment on column public.ai_usage_ledger.charged is
  'False where the models were paid and the user got no answer of theirs: the week counts nothing of it.';
comment on column public.ai_usage_ledger.room_id is
  'The room whose budget this is. It does not expire: a room may wait for days, and ends its reservations when it ends.';

create index ai_usage_ledger_user_id_created_at_idx on public.ai_usage_ledger (user_id, created_at desc);
create unique index ai_usage_ledger_turn_id_idx on public.ai_usage_ledger (turn_id) where turn_id is not null;
create index ai_usage_ledger_room_id_idx on public.ai_usage_ledger (room_id) where room_id is not null;
create index ai_usage_ledger_open_idx on public.ai_usage_ledger (user_id, expires_at) where status = 'reserved';

alter table public.ai_usage_ledger enable row level security;
create policy "Owners use their ledger" on public.ai_usage_ledger for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_usage_ledger to authenticated, service_role;

-- ----------------------------------------------------------------------------------------------- ai_usage_weeks
-- A finished period is never written again, so it is closed by its week: a million rows need no update.
create table public.ai_usage_weeks (
  period_start date primary key check (extract(isodow from period_start) = 1),
  closed_at timestamptz not null,
  users int not null check (users > 0),
  messages bigint not null check (messages >= 0),
  tokens bigint not null check (tokens >= 0),
  cost numeric(16, 6) not null check (cost >= 0)
);
comment on table public.ai_usage_weeks is 'The weeks that the weekly reset has closed, and what all users together used in them.';
comment on column public.ai_usage_weeks.cost is 'US dollars by the price lists of the days.';

alter table public.ai_usage_weeks enable row level security;
grant select on public.ai_usage_weeks to service_role;

-- ---------------------------------------------------------------------------------------------- ai_usage_totals
create table public.ai_usage_totals (
  period_start date not null,
  model text not null,
  reservations bigint not null default 0,
  tokens bigint not null default 0,
  cost numeric(14, 6) not null default 0,
  primary key (period_start, model)
);
comment on table public.ai_usage_totals is 'What deleted accounts had used, summed over all of them: nobody''s in particular.';

alter table public.ai_usage_totals enable row level security;
grant select on public.ai_usage_totals to service_role;

-- ------------------------------------------------------------------------------------- usage as the API shows it
create function private.usage_snapshot(p_user_id uuid, p_at timestamptz default now())
returns table (
  plan text, period_start date, period_end date, resets_at timestamptz,
  messages_limit int, messages_used int, messages_reserved int,
  tokens_limit int, tokens_used int, tokens_reserved int,
  cost_limit numeric, cost_used numeric, cost_reserved numeric, cost_complete boolean
)
language sql stable set search_path = '' as $$
  select
    p.id, w.monday, w.monday + 6, (w.monday + 7)::timestamp at time zone 'UTC',
    p.weekly_messages, coalesce(u.messages_used, 0), coalesce(u.messages_reserved, 0),
    p.weekly_tokens, coalesce(u.tokens_used, 0), coalesce(u.tokens_reserved, 0),
    p.weekly_cost, coalesce(u.cost_estimate, 0), coalesce(u.cost_reserved, 0), coalesce(u.cost_complete, true)
  from (select date_trunc('week', p_at at time zone 'UTC')::date as monday) as w
  left join public.ai_user_plans as up on up.user_id = p_user_id
  join public.ai_usage_plans as p on p.id = up.plan_id or (up.plan_id is null and p.is_default)
  left join public.ai_usage as u on u.user_id = p_user_id and u.period_start = w.monday;
$$;
comment on function private.usage_snapshot is
  'Limits, used and reserved of the week that contains p_at; a week without use has zeros.';

-- Runs with the rights of whoever asks: row level security decides.
grant execute on function private.usage_snapshot to authenticated, service_role;

create view public.ai_usage_current with (security_invoker = true) as
  select s.* from private.usage_snapshot((select auth.uid())) as s;
comment on view public.ai_usage_current is 'The caller''s own usage of this week.';
grant select on public.ai_usage_current to authenticated;

-- ------------------------------------------------------------------------------------- reserve, settle, release
create function private.release_expired(p_user_id uuid, p_at timestamptz) returns int
language sql set search_path = '' as $$
  with ended as (
    update public.ai_usage_ledger as l
    set status = 'released', ended_at = p_at
    where l.status = 'reserved' and l.expires_at <= p_at and l.user_id = p_user_id
      and not exists (select 1 from public.ai_chat_turns as t where t.id = l.turn_id and t.status = 'running')
    returning l.usage_id, l.tokens_reserved, l.messages_reserved, l.cost_reserved
  ), sums as (
    select e.usage_id, sum(e.tokens_reserved) as tokens, sum(e.messages_reserved) as messages,
      sum(e.cost_reserved) as cost, count(*) as n
    from ended as e
    group by e.usage_id
  ), returned as (
    update public.ai_usage as u
    set tokens_reserved = u.tokens_reserved - s.tokens,
      messages_reserved = u.messages_reserved - s.messages,
      cost_reserved = u.cost_reserved - s.cost
    from sums as s
    where u.id = s.usage_id
  )
  select coalesce(sum(s.n), 0)::int from sums as s;
$$;
comment on function private.release_expired is
  'Releases reservations of a user whose time is over; returns how many. That of a running turn ends with the turn: an answer '
  'that still comes is charged.';

create function private.raise_quota_exceeded(
  p_user_id uuid, p_tokens int, p_messages int, p_cost numeric, p_at timestamptz
) returns void
language plpgsql set search_path = '' as $$
declare
  s record;
begin
  select * into strict s from private.usage_snapshot(p_user_id, p_at);
  raise sqlstate 'PT429' using
    message = 'quota_exceeded',
    detail = json_build_object(
      'limit', case
        when s.messages_used + s.messages_reserved + p_messages > s.messages_limit then 'messages'
        when s.tokens_used + s.tokens_reserved + p_tokens > s.tokens_limit then 'tokens'
        else 'cost'
      end,
      'retry_after', ceil(extract(epoch from s.resets_at - p_at))::int,
      'usage', row_to_json(s)
    )::text;
end;
$$;
comment on function private.raise_quota_exceeded is 'Raises PT429 saying which limit is reached and when the week ends.';

create function private.reserve_usage(
  p_user_id uuid, p_tokens int, p_messages int, p_cost numeric,
  p_turn_id uuid default null, p_time_to_live interval default '15 minutes', p_at timestamptz default now()
) returns uuid
language plpgsql set search_path = '' as $$
declare
  v_monday constant date := date_trunc('week', p_at at time zone 'UTC')::date;
  v_usage_id uuid;
  v_reservation_id uuid;
begin
  perform private.lock_user(p_user_id);
  perform private.release_expired(p_user_id, p_at);
  insert into public.ai_usage (user_id, period_start, period_end)
  values (p_user_id, v_monday, v_monday + 6)
  on conflict (user_id, period_start) do nothing;

  -- One conditional update: whoever comes second sees what the first one reserved.
  update public.ai_usage as u
  set tokens_reserved = u.tokens_reserved + p_tokens,
    messages_reserved = u.messages_reserved + p_messages,
    cost_reserved = u.cost_reserved + p_cost
  from public.ai_usage_plans as p
  left join public.ai_user_plans as up on up.user_id = p_user_id
  where u.user_id = p_user_id and u.period_start = v_monday
    and (p.id = up.plan_id or (up.plan_id is null and p.is_default))
    and u.tokens_used + u.tokens_reserved + p_tokens <= p.weekly_tokens
    and u.messages_used + u.messages_reserved + p_messages <= p.weekly_messages
    and u.cost_estimate + u.cost_reserved + p_cost <= p.weekly_cost
  returning u.id into v_usage_id;
  if v_usage_id is null then
    perform private.raise_quota_exceeded(p_user_id, p_tokens, p_messages, p_cost, p_at);
  end if;

  insert into public.ai_usage_ledger
    (user_id, usage_id, turn_id, tokens_reserved, messages_reserved, cost_reserved, created_at, expires_at)
  values (p_user_id, v_usage_id, p_turn_id, p_tokens, p_messages, p_cost, p_at, p_at + p_time_to_live)
  returning id into v_reservation_id;
  return v_reservation_id;
end;
$$;
comment on function private.reserve_usage is
  'Reserves the most that a call may use in the week of p_at; PT429 quota_exceeded where a limit would be passed.';

create function private.settle_usage(
  p_reservation_id uuid, p_tokens int, p_messages int, p_cost numeric, p_model text,
  p_estimated boolean default false, p_cost_complete boolean default true, p_at timestamptz default now(),
  p_charged boolean default true
) returns boolean
language plpgsql set search_path = '' as $$
declare
  r public.ai_usage_ledger;
  v_monday date;
  v_tokens int := 0;
  v_messages int := 0;
  v_cost numeric(12, 6) := 0;
begin
  perform private.lock_user(l.user_id) from public.ai_usage_ledger as l where l.id = p_reservation_id;
  update public.ai_usage_ledger as l
  set status = 'settled', ended_at = p_at, tokens_used = p_tokens, messages_used = p_messages, cost_used = p_cost,
    model = p_model, estimated = p_estimated, cost_complete = p_cost_complete, charged = p_charged
  where l.id = p_reservation_id and l.status = 'reserved'
  returning l.* into r;
  if not found then
    return false;
  end if;
  -- A reservation is an upper bound. Should a provider report more, the ledger keeps it and the cap still holds.
  if p_charged then
    v_tokens := least(p_tokens, r.tokens_reserved);
    v_messages := least(p_messages, r.messages_reserved);
    v_cost := least(p_cost, r.cost_reserved);
  end if;
  update public.ai_usage as u
  set tokens_reserved = u.tokens_reserved - r.tokens_reserved,
    messages_reserved = u.messages_reserved - r.messages_reserved,
    cost_reserved = u.cost_reserved - r.cost_reserved,
    tokens_used = u.tokens_used + v_tokens,
    messages_used = u.messages_used + v_messages,
    cost_estimate = u.cost_estimate + v_cost,
    cost_complete = u.cost_complete and (p_cost_complete or not p_charged)
  where u.id = r.usage_id
  returning u.period_start into v_monday;
  if v_monday < date_trunc('week', p_at at time zone 'UTC')::date then
    -- Either whoever closes the week sees what is settled here, or this sees the week closed.
    perform pg_advisory_xact_lock_shared(hashtext('ai_usage_weeks'));
    update public.ai_usage_weeks as w
    set messages = w.messages + v_messages, tokens = w.tokens + v_tokens, cost = w.cost + v_cost
    where w.period_start = v_monday;
  end if;
  return true;
end;
$$;
comment on function private.settle_usage is
  'Ends a reservation with what was used, of which the week counts nothing unless it is charged. False, and nothing changes, '
  'when it had ended before.';

create function private.release_usage(p_reservation_id uuid, p_at timestamptz default now()) returns boolean
language plpgsql set search_path = '' as $$
declare
  r public.ai_usage_ledger;
begin
  perform private.lock_user(l.user_id) from public.ai_usage_ledger as l where l.id = p_reservation_id;
  update public.ai_usage_ledger as l
  set status = 'released', ended_at = p_at
  where l.id = p_reservation_id and l.status = 'reserved'
  returning l.* into r;
  if not found then
    return false;
  end if;
  update public.ai_usage as u
  set tokens_reserved = u.tokens_reserved - r.tokens_reserved,
    messages_reserved = u.messages_reserved - r.messages_reserved,
    cost_reserved = u.cost_reserved - r.cost_reserved
  where u.id = r.usage_id;
  return true;
end;
$$;
comment on function private.release_usage is
  'Gives a whole reservation back. False, and nothing changes, when it had ended before.';

-- ------------------------------------------------------------------------------------- charged without a reservation
create function private.charge_usage(p_user_id uuid, p_used jsonb, p_at timestamptz default now()) returns void
language plpgsql set search_path = '' as $$
declare
  v_monday constant date := date_trunc('week', p_at at time zone 'UTC')::date;
  v_usage_id uuid;
  v_tokens int;
  v_cost numeric(12, 6);
begin
  perform private.lock_user(p_user_id);
  insert into public.ai_usage (user_id, period_start, period_end)
  values (p_user_id, v_monday, v_monday + 6)
  on conflict (user_id, period_start) do nothing;
  select least((p_used ->> 'tokens')::int, greatest(0, s.tokens_limit - s.tokens_used - s.tokens_reserved)),
    least((p_used ->> 'cost')::numeric, greatest(0, s.cost_limit - s.cost_used - s.cost_reserved))
  into v_tokens, v_cost
  from private.usage_snapshot(p_user_id, p_at) as s;
  update public.ai_usage as u
  set tokens_used = u.tokens_used + v_tokens, cost_estimate = u.cost_estimate + v_cost,
    cost_complete = u.cost_complete and (p_used ->> 'cost_complete')::boolean
  where u.user_id = p_user_id and u.period_start = v_monday
  returning u.id into v_usage_id;
  insert into public.ai_usage_ledger (
    user_id, usage_id, status, tokens_reserved, messages_reserved, cost_reserved, tokens_used, messages_used, cost_used,
    model, estimated, cost_complete, created_at, expires_at, ended_at
  )
  values (
    p_user_id, v_usage_id, 'settled', v_tokens, 0, v_cost, (p_used ->> 'tokens')::int, 0, (p_used ->> 'cost')::numeric,
    p_used ->> 'model', (p_used ->> 'estimated')::boolean, (p_used ->> 'cost_complete')::boolean, p_at, p_at, p_at
  );
end;
$$;
comment on function private.charge_usage is
  'Charges {tokens, cost, model, estimated, cost_complete} that nothing was reserved for to the week of p_at, as far as '
  'its limits go.';

-- ------------------------------------------------------------------------------------------------- weekly reset
create function public.reset_usage(p_at timestamptz default now()) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  -- What began before midnight may still be about to be written.
  v_today constant date := ((p_at - interval '1 minute') at time zone 'UTC')::date;
  v_closed int := 0;
  v_users int;
  v_monday date;
begin
  perform pg_advisory_xact_lock(hashtext('ai_usage_weeks'));
  for v_monday in
    select w.monday::date
    from generate_series((select min(u.period_start) from public.ai_usage as u), v_today - 7, interval '7 days') as w (monday)
    where not exists (select 1 from public.ai_usage_weeks as c where c.period_start = w.monday::date)
  loop
    insert into public.ai_usage_weeks (period_start, closed_at, users, messages, tokens, cost)
    select v_monday, p_at, count(*), sum(u.messages_used), sum(u.tokens_used), sum(u.cost_estimate)
    from public.ai_usage as u
    where u.period_start = v_monday
    having count(*) > 0
    on conflict do nothing
    returning users into v_users;
    v_closed := v_closed + coalesce(v_users, 0);
  end loop;
  return jsonb_build_object('periods_closed', v_closed);
end;
$$;
comment on function public.reset_usage is
  'Weekly: closes finished weeks, and says how many periods of users those were: {periods_closed}. A new week has new rows, so '
  'limits are right whether this runs twice, late or never, and there is nothing to set back. What is settled later in a closed '
  'week, such as a room''s budget, is added to it then.';

grant execute on function public.reset_usage to service_role;
