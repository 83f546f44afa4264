-- The schema as it was first: the files of supabase/schemas/, joined. A change of it is a migration after this.

-- =====================================================================================================================
-- Foundation: extensions, default-deny privileges, the private schema
-- =====================================================================================================================

create schema if not exists extensions;
create extension if not exists vector with schema extensions;

-- Supabase grants everything new in `public` to the API roles. Here nothing is granted unless a migration says so.
-- (The built-in EXECUTE for PUBLIC can only be revoked without naming a schema.)
alter default privileges in schema public revoke all on tables from anon, authenticated, service_role;
alter default privileges in schema public revoke all on sequences from anon, authenticated, service_role;
alter default privileges in schema public revoke all on functions from anon, authenticated, service_role;
alter default privileges revoke execute on functions from public;

-- On the disks of today a page is read in any order at nearly the same cost. By the default of 4 the planner would sort a user's
-- whole history, where an index gives the page in its order.
do $$
begin
  execute format('alter database %I set random_page_cost = 1.1', current_database());
end;
$$;

create schema private;
revoke all on schema private from public;
grant usage on schema private to authenticated, service_role;
comment on schema private is 'Parts that SQL functions and views share. PostgREST does not expose this schema.';

create function private.set_updated_at() returns trigger
language plpgsql set search_path = '' as $$
begin
  new.updated_at := now();
  return new;
end;
$$;
comment on function private.set_updated_at() is 'Trigger: stamps updated_at on every update, whatever the caller sent.';

create function private.utc(p_at timestamptz) returns text
language sql immutable set search_path = '' as $$
  select to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');
$$;
comment on function private.utc is 'A time as the API and the events show it: RFC 3339 in UTC, whatever the server''s zone.';

-- ------------------------------------------------------------------------------------------- one at a time per user
create function private.lock_user(p_user_id uuid) returns void
language sql set search_path = '' as $$
  select pg_advisory_xact_lock(hashtextextended(p_user_id::text, 0));
$$;
comment on function private.lock_user is
  'Taken first, until the transaction ends, by whatever changes the turns or the usage of a user: rows can then be locked in '
  'any order without a deadlock. Who takes it for several users goes by their ids.';

create function private.lock_writer() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  -- Our own functions act for nobody's token, and hold the lock already.
  if auth.uid() is not null then
    perform private.lock_user(auth.uid());
  end if;
  return null;
end;
$$;
comment on function private.lock_writer is
  'Trigger, before the statement has locked a row: what users write under their own token waits for an action at work, and an '
  'action for them. So nothing changes between the state that an action saw and the one that it writes.';

-- =====================================================================================================================
-- Limits: how often a user may do what costs that user nothing
-- =====================================================================================================================
-- The week's quota bounds what models cost. These bound the rest: rows, sockets, files and calls of other services.

create table private.rate_limits (
  name text not null,
  seconds int not null check (seconds > 0),
  most int not null check (most > 0),
  primary key (name, seconds)
);
comment on table private.rate_limits is 'At most so many uses of a name in each period of so many seconds. An operator may change them.';

insert into private.rate_limits (name, seconds, most) values
  ('urgent_messages', 3600, 20), ('urgent_messages', 86400, 60), -- a person in need writes a few; each stores 20 KB
  ('free_answers', 3600, 10), ('free_answers', 86400, 30), -- advice or nothing in place of what a model said: beyond, it is charged
  ('sessions', 3600, 60), ('sessions', 86400, 300),
  ('rooms', 3600, 30), ('rooms', 86400, 100),
  ('uploads', 3600, 200), ('uploads', 86400, 500),
  ('tickets', 3600, 240), -- a socket lives two hours; networks that flap reconnect each quarter of a minute
  ('workouts', 3600, 120), ('workouts', 86400, 500), -- an app may bring a year of them along
  ('exports', 86400, 10),
  ('file_exports', 3600, 60), ('file_exports', 86400, 200); -- of files of rooms: a long PDF takes ten seconds of a whole CPU

create table private.deployment_limits (
  name text primary key,
  most int not null check (most >= 0)
);
comment on table private.deployment_limits is 'At most so many of a thing at one time, over all users. An operator may change them.';

-- Of the 1,000 functions that an AWS account runs at once at first, a room has up to eight: the coach keeps some even then.
insert into private.deployment_limits (name, most) values ('rooms_at_work', 100);

create table private.rate_counts (
  user_id uuid not null references auth.users (id) on delete cascade,
  name text not null,
  seconds int not null,
  period_start timestamptz not null,
  used int not null,
  primary key (user_id, name, seconds),
  foreign key (name, seconds) references private.rate_limits (name, seconds) on delete cascade
) with (fillfactor = 70); -- counted in place
comment on table private.rate_counts is 'How often a user has done something in the period that was last counted; one row each.';

create index rate_counts_name_seconds_idx on private.rate_counts (name, seconds);

create function private.count_use(p_user_id uuid, p_name text) returns void
language plpgsql set search_path = '' as $$
declare
  v record;
  v_start timestamptz;
  v_used int;
begin
  for v in select l.* from private.rate_limits as l where l.name = p_name order by l.seconds loop
    v_start := to_timestamp(floor(extract(epoch from now()) / v.seconds) * v.seconds);
    insert into private.rate_counts as c (user_id, name, seconds, period_start, used)
    values (p_user_id, p_name, v.seconds, v_start, 1)
    on conflict (user_id, name, seconds) do update
      -- Whoever waited over the end of a period does not begin the old one anew.
      set used = case when c.period_start >= excluded.period_start then c.used else 0 end + 1,
        period_start = greatest(c.period_start, excluded.period_start)
    returning c.used into v_used;
    if v_used > v.most then
      raise sqlstate 'PT429' using message = 'too_many_' || p_name, detail = json_build_object(
        'limit', v.most, 'seconds', v.seconds,
        'retry_after', ceil(extract(epoch from v_start - now()) + v.seconds)::int
      )::text;
    end if;
  end loop;
end;
$$;
comment on function private.count_use is
  'Counts one use. PT429 too_many_<name> {limit, seconds, retry_after} where one more than allowed was counted; the refused '
  'one is not.';

create function private.is_within_limits(p_user_id uuid, p_name text) returns boolean
language plpgsql set search_path = '' as $$
begin
  perform private.count_use(p_user_id, p_name);
  return true;
exception when sqlstate 'PT429' then
  return false;
end;
$$;
comment on function private.is_within_limits is 'Counts one use; false, and nothing is counted, where it would be one too many.';

create function private.refuse_when_full(p_what text, p_used bigint, p_most bigint) returns void
language plpgsql set search_path = '' as $$
begin
  if p_used > p_most then
    raise sqlstate 'PT422' using message = 'storage_full', detail = json_build_object('what', p_what, 'limit', p_most)::text;
  end if;
end;
$$;
comment on function private.refuse_when_full is 'PT422 storage_full {what, limit}: something must be deleted before more is stored.';

-- =====================================================================================================================
-- Coach: sessions, turns, messages, profile, feedback
-- =====================================================================================================================
-- A user's token may read the user's own rows. It may write the profile, feedback and session titles, which harm
-- nobody; everything else is written by functions that only service_role may execute.

set check_function_bodies = off; -- functions name what comes later

-- --------------------------------------------------------------------------------------------- ai_chat_sessions
create table public.ai_chat_sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  title text not null default 'New chat' check (char_length(title) between 1 and 200),
  title_source text not null default 'none' check (title_source in ('none', 'question', 'asked', 'model', 'user')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  summary text check (char_length(summary) <= 10000),
  summary_until timestamptz,
  summary_claimed_at timestamptz,
  unique (id, user_id),
  check ((summary is null) = (summary_until is null))
);
comment on table public.ai_chat_sessions is 'A conversation of one user with the coach.';
comment on column public.ai_chat_sessions.updated_at is 'Last activity: a new message or a new title.';
comment on column public.ai_chat_sessions.summary is 'By a model: what was said until summary_until, for prompts that do not hold it.';
comment on column public.ai_chat_sessions.summary_claimed_at is 'When a worker last began to bring it up to date.';
comment on column public.ai_chat_sessions.title_source is 'Where the title is from. One of the user''s own is never replaced. asked: made of the question, and a model was asked for'
  ' a better one.';

create function private.mark_users_title() returns trigger
language plpgsql set search_path = '' as $$
begin
  -- Our own functions run as their owner and say for themselves.
  if current_user = 'authenticated' then
    new.title_source := 'user';
  end if;
  return new;
end;
$$;
comment on function private.mark_users_title() is 'Trigger: a title written under a user''s own token is the user''s.';

create index ai_chat_sessions_user_id_updated_at_idx on public.ai_chat_sessions (user_id, updated_at desc, id desc);
create trigger ai_chat_sessions_mark_users_title before update of title on public.ai_chat_sessions
  for each row execute function private.mark_users_title();
create trigger ai_chat_sessions_set_updated_at before update on public.ai_chat_sessions
  for each row execute function private.set_updated_at();

alter table public.ai_chat_sessions enable row level security;
create policy "Owners use their sessions" on public.ai_chat_sessions for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select, update (title) on public.ai_chat_sessions to authenticated;
grant select on public.ai_chat_sessions to service_role;

-- ------------------------------------------------------------------------------------------------ ai_chat_turns
create table public.ai_chat_turns (
  id uuid primary key default gen_random_uuid(),
  session_id uuid not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  status text not null default 'running' check (status in ('running', 'completed', 'cancelled', 'failed')),
  error_code text check (char_length(error_code) <= 100),
  partial_content text check (char_length(partial_content) <= 100000),
  started_at timestamptz not null default clock_timestamp(),
  lease_until timestamptz not null default now() + interval '15 minutes',
  cancel_requested_at timestamptz,
  ended_at timestamptz,
  replaces uuid,
  handover jsonb,
  worker_id uuid,
  used jsonb,
  foreign key (user_id, session_id) references public.ai_chat_sessions (user_id, id) on delete cascade,
  check ((status = 'running') = (ended_at is null))
) with (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02); -- each is written again at its end
comment on table public.ai_chat_turns is
  'One question and what became of it; ends in exactly one of completed, cancelled, failed.';
comment on column public.ai_chat_turns.partial_content is
  'What has been streamed so far, or had been when the turn ended without a whole answer.';
comment on column public.ai_chat_turns.replaces is
  'The question that this turn asks anew, edited or not: it and all that came after it made way.';
comment on column public.ai_chat_turns.handover is
  'While a turn that another worker is to answer runs, what can be read nowhere else: {embedding_model, embedding_tokens, '
  'searched, passages: [{chunk_id, score, rank_score}]}, so that the search and its embedding are not paid for again.';
comment on column public.ai_chat_turns.worker_id is 'Who has claimed a turn that was handed over; null before.';
comment on column public.ai_chat_turns.used is
  'What its models had used at the last checkpoint, as fail_turn takes it: charged where the worker cannot say more.';
comment on column public.ai_chat_turns.lease_until is 'When the worker of a running turn must be dead: no Lambda runs longer.';

create index ai_chat_turns_session_id_idx on public.ai_chat_turns (user_id, session_id, started_at desc);
-- One turn at a time: a second question would be answered without the first one's answer.
create unique index ai_chat_turns_one_running_idx on public.ai_chat_turns (session_id) where status = 'running';
create index ai_chat_turns_running_idx on public.ai_chat_turns (user_id) where status = 'running';

alter table public.ai_chat_turns enable row level security;
create policy "Owners use their turns" on public.ai_chat_turns for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_chat_turns to authenticated, service_role;

-- --------------------------------------------------------------------------------------------- ai_chat_messages
create table public.ai_chat_messages (
  id uuid primary key default gen_random_uuid(),
  session_id uuid not null,
  user_id uuid not null references auth.users (id) on delete cascade,
  turn_id uuid references public.ai_chat_turns (id) on delete cascade,
  role text not null check (role in ('user', 'assistant', 'system', 'tool')),
  content text not null check (char_length(content) <= 100000),
  token_count int not null default 0 check (token_count >= 0),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  -- Not now(): the question and its answer may share a transaction's start, but never their order.
  created_at timestamptz not null default clock_timestamp(),
  replaced_by uuid,
  foreign key (user_id, session_id) references public.ai_chat_sessions (user_id, id) on delete cascade
) with (autovacuum_vacuum_insert_scale_factor = 0.02); -- counting them looks into no page that vacuum has seen
comment on table public.ai_chat_messages is 'Everything said in a session. Written by begin_turn and finish_turn; results of rooms (system) by finish_room and whatever else ends one.';
comment on column public.ai_chat_messages.metadata is
  'Assistant messages: citations and the receipt of what the answer was made from. System messages: {room}, what a room has made.';
comment on column public.ai_chat_messages.replaced_by is
  'The turn for which this message made way. It is kept, and neither shown nor given to a model.';

-- With the user in it, whom row level security adds: else a page is a bitmap of the whole session and all of the user's.
create index ai_chat_messages_session_id_created_at_idx
  on public.ai_chat_messages (user_id, session_id, created_at desc, id desc) include (replaced_by);
create index ai_chat_messages_turn_id_idx on public.ai_chat_messages (turn_id);

alter table public.ai_chat_messages enable row level security;
create policy "Owners use their messages" on public.ai_chat_messages for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_chat_messages to authenticated, service_role;

-- --------------------------------------------------------------------------------------------------- ai_profile
-- The lengths bound what a user's own token can store, and with it what one turn can cost.
create table public.ai_profile (
  user_id uuid primary key references auth.users (id) on delete cascade,
  goals text[] not null default '{}' check (cardinality(goals) <= 20 and char_length(goals::text) <= 4000),
  experience_level text check (experience_level in ('beginner', 'intermediate', 'advanced')),
  equipment text[] not null default '{}' check (cardinality(equipment) <= 50 and char_length(equipment::text) <= 4000),
  time_availability text check (char_length(time_availability) <= 500),
  injuries text check (char_length(injuries) <= 2000),
  preferences jsonb not null default '{}'
    check (jsonb_typeof(preferences) = 'object' and char_length(preferences::text) <= 4000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  time_zone text check (char_length(time_zone) <= 64),
  units text check (units in ('metric', 'imperial')),
  language text check (char_length(language) <= 35),
  country text check (country ~ '^[A-Z]{2}$'),
  birth_year int check (birth_year between 1900 and 2100),
  sex text check (sex in ('female', 'male', 'other')),
  conditions text[] not null default '{}' check (cardinality(conditions) <= 20 and char_length(conditions::text) <= 4000),
  pregnant boolean,
  medicines text[] not null default '{}' check (cardinality(medicines) <= 20 and char_length(medicines::text) <= 4000)
);
comment on table public.ai_profile is 'What the user told the coach about training; goes into every prompt.';
comment on column public.ai_profile.time_zone is
  'IANA name. What dates, safety and amounts hang on are columns, not preferences: checked one by one, and none lost where an app '
  'replaces the preferences as a whole.';

create function private.local_time(p_time_zone text, p_at timestamptz default now()) returns timestamp
language plpgsql stable set search_path = '' as $$
begin
  return p_at at time zone p_time_zone;
exception when invalid_parameter_value then
  return null;
end;
$$;
comment on function private.local_time is 'What clocks show in a time zone; null where there is no such zone.';

create function private.check_time_zone() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if new.time_zone is not null and private.local_time(new.time_zone) is null then
    raise sqlstate 'PT422' using message = 'unknown_time_zone';
  end if;
  return new;
end;
$$;
comment on function private.check_time_zone is 'Refuses a time zone that the database does not know: PT422 unknown_time_zone.';
create trigger ai_profile_check_time_zone before insert or update on public.ai_profile
  for each row execute function private.check_time_zone();

create trigger ai_profile_set_updated_at before update on public.ai_profile
  for each row execute function private.set_updated_at();
create trigger ai_profile_lock_writer before insert or update or delete on public.ai_profile
  for each statement execute function private.lock_writer();

alter table public.ai_profile enable row level security;
create policy "Owners use their profile" on public.ai_profile for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_profile to authenticated, service_role;
-- An upsert names user_id on its update side too; the policy keeps it the caller's own.
grant insert (
    user_id, goals, experience_level, equipment, time_availability, injuries, preferences,
    time_zone, units, language, country, birth_year, sex, conditions, pregnant, medicines
  ),
  update (
    user_id, goals, experience_level, equipment, time_availability, injuries, preferences,
    time_zone, units, language, country, birth_year, sex, conditions, pregnant, medicines
  )
  on public.ai_profile to authenticated;

-- -------------------------------------------------------------------------------------------------- ai_feedback
create table public.ai_feedback (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  message_id uuid not null references public.ai_chat_messages (id) on delete cascade,
  rating smallint not null check (rating in (-1, 1)),
  reasons text[] not null default '{}' check (cardinality(reasons) <= 10 and char_length(reasons::text) <= 2000),
  comment text check (char_length(comment) <= 1000),
  created_at timestamptz not null default now(),
  unique (user_id, message_id)
);
comment on table public.ai_feedback is 'One thumb up or down per user and assistant message.';

create index ai_feedback_message_id_idx on public.ai_feedback (message_id);

alter table public.ai_feedback enable row level security;
create policy "Owners use their feedback on answers given to them" on public.ai_feedback for all to authenticated
  using ((select auth.uid()) = user_id)
  with check (
    (select auth.uid()) = user_id
    and exists (
      select 1
      from public.ai_chat_messages as m
      where m.id = ai_feedback.message_id and m.user_id = (select auth.uid()) and m.role = 'assistant'
    )
  );
grant select, delete on public.ai_feedback to authenticated;
grant insert (user_id, message_id, rating, reasons, comment), update (user_id, message_id, rating, reasons, comment)
  on public.ai_feedback to authenticated;
grant select on public.ai_feedback to service_role;

-- ------------------------------------------------------------------------------------------------------ sessions
create function private.session_stream(p_session_id uuid) returns text
language sql immutable set search_path = '' as $$
  select 'session:' || p_session_id;
$$;
comment on function private.session_stream is 'The stream of a session''s events.';

create function private.session_json(s public.ai_chat_sessions) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('id', s.id, 'title', s.title, 'created_at', private.utc(s.created_at), 'updated_at', private.utc(s.updated_at));
$$;
comment on function private.session_json is 'A session as the API shows it.';

create function public.create_session(
  p_user_id uuid, p_title text default null, p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_stored jsonb;
  s public.ai_chat_sessions;
begin
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  v_stored := private.claim_idempotency_key(p_user_id, 'create_session', p_idempotency_key, p_request_hash);
  if v_stored is not null then
    return jsonb_build_object('replayed', true, 'response', v_stored);
  end if;
  perform private.count_use(p_user_id, 'sessions');
  perform private.refuse_when_full('sessions', (
    select count(*) + 1 from (select from public.ai_chat_sessions as x where x.user_id = p_user_id limit 5000)
  ), 5000);
  insert into public.ai_chat_sessions (user_id, title, title_source)
  values (p_user_id, coalesce(p_title, 'New chat'), case when p_title is null then 'none' else 'user' end)
  returning * into s;
  update public.ai_idempotency_keys as i set response = private.session_json(s)
  where i.user_id = p_user_id and i.operation = 'create_session' and i.key = p_idempotency_key;
  return jsonb_build_object('replayed', false, 'response', private.session_json(s));
end;
$$;
comment on function public.create_session is
  'Opens a session: {replayed, response}. PT401 when the account is gone, PT429 too_many_sessions, PT422 storage_full.';

create function public.claim_title(p_user_id uuid, p_turn_id uuid) returns jsonb
language sql security definer set search_path = '' as $$
  update public.ai_chat_sessions as s set title_source = 'asked'
  from public.ai_chat_messages as m
  where m.turn_id = p_turn_id and m.user_id = p_user_id and m.role = 'user' and s.id = m.session_id
    and s.title_source = 'question'
  returning jsonb_build_object('session_id', s.id, 'question', m.content);
$$;
comment on function public.claim_title is
  'Who gets {session_id, question} may ask a model for the title of the turn''s session; null for everybody after that, and '
  'where the user has given one.';

create function public.set_model_title(p_user_id uuid, p_session_id uuid, p_title text, p_used jsonb default null)
returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  if p_used is not null then
    perform private.charge_usage(p_user_id, p_used);
  end if;
  update public.ai_chat_sessions as s set title = p_title, title_source = 'model'
  where s.id = p_session_id and s.user_id = p_user_id and s.title_source in ('none', 'question', 'asked') and p_title <> '';
  return found;
end;
$$;
comment on function public.set_model_title is
  'Takes a title of the model, unless the user gave one, and charges what it cost. False when nothing changed; an empty '
  'one changes nothing.';

create function public.claim_summary(p_user_id uuid, p_turn_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  s public.ai_chat_sessions;
  v_until timestamptz;
  v_claimed jsonb;
begin
  select x.* into s from public.ai_chat_sessions as x join public.ai_chat_turns as t on t.session_id = x.id
  where t.id = p_turn_id and x.user_id = p_user_id for update of x;
  if not found or s.summary_claimed_at > now() - interval '5 minutes' then
    return null;
  end if;
  select max(n.created_at) into v_until
  from (
    select m.created_at, row_number() over w as place, sum(m.token_count) over w as tokens
    from (
      select x.* from public.ai_chat_messages as x
      where x.user_id = p_user_id and x.session_id = s.id and x.replaced_by is null order by x.created_at desc, x.id desc limit 60
    ) as m
    window w as (order by m.created_at desc, m.id desc)
  ) as n
  where n.place > 30 or n.tokens > 14000; -- the newest are told word for word
  select jsonb_build_object(
    'session_id', s.id, 'summary', s.summary, 'until', max(x.created_at),
    'messages', coalesce(jsonb_agg(jsonb_build_object('role', x.role, 'content', x.content) order by x.created_at, x.id), '[]')
  ) into v_claimed
  from (
    select m.* from public.ai_chat_messages as m left join public.ai_chat_turns as t on t.id = m.turn_id
    where m.user_id = p_user_id and m.session_id = s.id and m.replaced_by is null and m.role in ('user', 'assistant')
      and m.created_at > coalesce(s.summary_until, '-infinity') and m.created_at <= v_until
      and (t.id is null or t.status in ('completed', 'cancelled'))
    order by m.created_at, m.id limit 60
  ) as x;
  if jsonb_array_length(v_claimed -> 'messages') >= 2 then
    update public.ai_chat_sessions as x set summary_claimed_at = now() where x.id = s.id;
    return v_claimed;
  end if;
  return null;
end;
$$;
comment on function public.claim_summary is
  'Who gets {session_id, summary, messages, until} may have a model bring the summary of the turn''s session up to date: the oldest sixty '
  'messages that it does not tell of, without the newest thirty (or 14,000 tokens). Null where there are none, and for everybody '
  'else in the next five minutes.';

create function public.set_summary(
  p_user_id uuid, p_session_id uuid, p_summary text, p_until timestamptz, p_used jsonb default null
) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  if p_used is not null then
    perform private.charge_usage(p_user_id, p_used);
  end if;
  update public.ai_chat_sessions as s set summary = p_summary, summary_until = p_until, summary_claimed_at = null
  where s.id = p_session_id and s.user_id = p_user_id and p_summary <> '' and s.summary_claimed_at is not null
    and coalesce(s.summary_until, '-infinity') < p_until;
  return found;
end;
$$;
comment on function public.set_summary is
  'Takes the summary that was claimed, and charges what it cost. False when nothing changed: an empty one, or the claim is no more.';

create function public.session_snapshot(p_user_id uuid, p_session_id uuid, p_messages int default 50) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'session', private.session_json(s),
    'messages', (
      select coalesce(jsonb_agg(private.message_json(x::public.ai_chat_messages) order by x.created_at desc, x.id desc), '[]')
      from (
        select m.* from public.ai_chat_messages as m
        where m.session_id = s.id and m.user_id = s.user_id and m.replaced_by is null
        order by m.created_at desc, m.id desc limit p_messages
      ) as x
    ),
    'running_turn', (
      select private.turn_json(t) from private.running_turn(s.id, s.user_id) as t where t.id is not null
    ),
    'pending_actions', (
      select coalesce(jsonb_agg(private.action_json(a::public.ai_action_requests) order by a.created_at, a.id), '[]')
      from (
        select x.* from public.ai_action_requests as x where x.session_id = s.id and x.user_id = s.user_id and x.status = 'pending'
        offset 0 -- found by their status and then ordered: in their order, the planner would find all of the session
      ) as a
    ),
    'usage', (select to_jsonb(u) from private.usage_snapshot(p_user_id) as u),
    'as_of', coalesce(
      (select e.last_seq from public.ai_streams as e where e.stream = private.session_stream(s.id)), 0
    )
  )
  from public.ai_chat_sessions as s
  where s.id = p_session_id and s.user_id = p_user_id;
$$;
comment on function public.session_snapshot is
  'A session with its newest messages, running turn, pending actions, usage and as_of, the seq of its stream, all of one '
  'instant; null for one that is not the user''s.';

-- ------------------------------------------------------------------------------------- looking through what was said
create function private.comparable(p_text text) returns text
language sql immutable set search_path = '' as $$
  select case when octet_length(p_text) = char_length(p_text) then lower(p_text)
    else regexp_replace(normalize(lower(p_text), nfkd), '[\u0300-\u036f\u00ad]', '', 'g') end;
$$;
comment on function private.comparable is 'In small letters, without accents, and with letters of full width as plain ones.';

create function public.search_messages(p_user_id uuid, p_words text[], p_limit int) returns jsonb
language sql stable security definer set search_path = '' as $$
  with said as materialized (
    select m.*, s.title
    from (
      select x.* from public.ai_chat_sessions as x where x.user_id = p_user_id order by x.updated_at desc, x.id desc limit 500
    ) as s
    cross join lateral (
      select x.* from public.ai_chat_messages as x
      where x.user_id = p_user_id and x.session_id = s.id and x.replaced_by is null and x.role in ('user', 'assistant')
      order by x.created_at desc, x.id desc limit 500
    ) as m
    limit 10000
  ), found as (
    select w.* from said as w
    where (
      select bool_and(strpos(private.comparable(w.content), private.comparable(word)) > 0) from unnest(p_words[1:8]) as word
    )
    order by w.created_at desc, w.id desc limit p_limit
  )
  select jsonb_build_object(
    'searched', (select count(*) from said),
    'items', coalesce((
      select jsonb_agg(jsonb_build_object(
        'session_id', f.session_id, 'session_title', f.title, 'message_id', f.id, 'role', f.role, 'created_at', private.utc(f.created_at),
        'excerpt', substr(f.content, greatest(1, f.place - 80), 240)
      ) order by f.created_at desc, f.id desc)
      from (select x.*, strpos(private.comparable(x.content), private.comparable(p_words[1])) as place from found as x) as f
    ), '[]')
  );
$$;
comment on function public.search_messages is
  'Messages in which all of at most eight words stand, newest first: {searched, items}. It looks through the newest 10,000, at most 500 of '
  'each of the 500 sessions used last, so that no index of all words has to be written with each message.';

create function public.session_transcript(p_user_id uuid, p_session_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  s public.ai_chat_sessions;
begin
  select x.* into s from public.ai_chat_sessions as x where x.id = p_session_id and x.user_id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  perform private.count_use(p_user_id, 'exports');
  return jsonb_build_object('title', s.title, 'messages', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'role', m.role, 'content', m.content, 'created_at', private.utc(m.created_at),
      'citations', coalesce(m.metadata -> 'citations', '[]')
    ) order by m.created_at, m.id), '[]')
    from (
      select x.* from public.ai_chat_messages as x
      where x.user_id = p_user_id and x.session_id = p_session_id and x.replaced_by is null and x.role in ('user', 'assistant')
      order by x.created_at desc, x.id desc limit 5000
    ) as m
  ));
end;
$$;
comment on function public.session_transcript is
  'A conversation to be written into a file: {title, messages}, the newest 5,000. PT404 session_not_found, PT429 too_many_exports.';

create function public.cited_passage(p_user_id uuid, p_message_id uuid, p_chunk_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_cited jsonb;
  v_passage jsonb;
begin
  select c.value into v_cited
  from public.ai_chat_messages as m cross join jsonb_array_elements(m.metadata -> 'citations') as c
  where m.id = p_message_id and m.user_id = p_user_id and m.replaced_by is null and c.value ->> 'chunk_id' = p_chunk_id::text
  limit 1;
  -- A document that is read anew has new chunks: then that in which the quote begins, else the first under its heading.
  select jsonb_build_object(
    'chunk_id', d.id, 'source', d.source, 'title', s.title, 'heading', d.metadata ->> 'heading', 'version', s.version,
    'reviewed_on', s.reviewed_on, 'reviewed_by', s.reviewed_by, 'sources', s.sources, 'content', d.content,
    'is_cited_version', d.id = p_chunk_id
  ) into v_passage
  from public.ai_kb_sources as s
  join public.ai_kb_docs as d on d.source_id = s.id
  cross join lateral (
    select strpos(regexp_replace(d.content, '\s+', ' ', 'g'), left(v_cited ->> 'quote', 40)) > 0 as is_quoted
  ) as q
  where s.source = v_cited ->> 'source'
    and (d.id = p_chunk_id or q.is_quoted or d.metadata ->> 'heading' = v_cited ->> 'heading')
  order by d.id = p_chunk_id desc, q.is_quoted desc, d.chunk_index limit 1;
  if v_passage is null then
    raise sqlstate 'PT404' using message = 'passage_not_found';
  end if;
  return v_passage;
end;
$$;
comment on function public.cited_passage is
  'What a citation in an answer of the user''s opens: the chunk, or what stands in its place where the document has changed since '
  '(is_cited_version is false). PT404 passage_not_found: not cited there, not the user''s, or gone.';

create function public.delete_session(p_user_id uuid, p_session_id uuid) returns boolean
language plpgsql security definer set search_path = '' as $$
begin
  perform private.lock_user(p_user_id);
  -- What was streamed has been read, and the worker can settle no more: it is charged the most that it can have used. Of
  -- a worker that is dead nothing came; its reservation expires.
  perform private.settle_usage(l.id, l.tokens_reserved, l.messages_reserved, l.cost_reserved, l.model, true)
  from (
    select x.id from public.ai_chat_turns as x
    where x.session_id = p_session_id and x.user_id = p_user_id and x.status = 'running' and x.lease_until > now()
    for update
  ) as t
  join public.ai_usage_ledger as l on l.turn_id = t.id;
  delete from public.ai_chat_sessions as s where s.id = p_session_id and s.user_id = p_user_id;
  if not found then
    return false;
  end if;
  delete from public.ai_streams as e where e.stream = private.session_stream(p_session_id);
  perform private.end_subscriptions(private.session_stream(p_session_id));
  return true;
end;
$$;
comment on function public.delete_session is
  'Deletes a session and all that hangs on it; usage stays, and a turn that still runs is charged what it had reserved. False '
  'for one that is not the user''s.';

grant execute on function public.create_session, public.claim_title, public.set_model_title,
  public.claim_summary, public.set_summary, public.session_snapshot,
  public.search_messages, public.session_transcript, public.cited_passage, public.delete_session to service_role;

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

-- =====================================================================================================================
-- Idempotency: a repeated request has no second effect
-- =====================================================================================================================

set check_function_bodies = off; -- functions name what comes later

-- ------------------------------------------------------------------------------------------- ai_idempotency_keys
create table public.ai_idempotency_keys (
  user_id uuid not null references auth.users (id) on delete cascade,
  operation text not null check (char_length(operation) between 1 and 100),
  key text not null check (char_length(key) between 1 and 255),
  request_hash text not null check (request_hash ~ '^[0-9a-f]{64}$'),
  -- Known before the turn is there, so that the row is written once.
  turn_id uuid references public.ai_chat_turns (id) on delete cascade deferrable initially deferred,
  response jsonb,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null default now() + interval '24 hours',
  primary key (user_id, operation, key)
);
comment on table public.ai_idempotency_keys is
  'What a request with an Idempotency-Key led to, so that its repetition has no second effect.';
comment on column public.ai_idempotency_keys.response is 
 'The stored answer; null while the request is still at work, and where turn_id leads to it.';

create index ai_idempotency_keys_expires_at_idx on public.ai_idempotency_keys (expires_at);
create index ai_idempotency_keys_turn_id_idx on public.ai_idempotency_keys (turn_id) where turn_id is not null;

alter table public.ai_idempotency_keys enable row level security;
create policy "Owners use their idempotency keys" on public.ai_idempotency_keys for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_idempotency_keys to service_role;

create function private.stored_answer(k public.ai_idempotency_keys) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_answer constant jsonb := case when k.turn_id is null then k.response else private.turn_answer(k.turn_id) end;
begin
  if v_answer is null then
    raise sqlstate 'PT409' using message = 'request_in_progress', detail = json_strip_nulls(
      json_build_object('turn_id', k.turn_id, 'retry_after', 2)
    )::text;
  end if;
  return v_answer;
end;
$$;
comment on function private.stored_answer is
  'The answer that a request under a key got. PT409 request_in_progress {turn_id} while it is at work.';

create function private.claim_idempotency_key(
  p_user_id uuid, p_operation text, p_key text, p_request_hash text, p_turn_id uuid default null
) returns jsonb
language plpgsql set search_path = '' as $$
declare
  k public.ai_idempotency_keys;
begin
  if p_key is null then
    return null;
  end if;
  perform private.lock_user(p_user_id); -- a concurrent request with the same key waits here until the first one commits
  select * into k from public.ai_idempotency_keys as i
  where i.user_id = p_user_id and i.operation = p_operation and i.key = p_key;
  if found and k.expires_at > now() then
    if k.request_hash <> p_request_hash then
      raise sqlstate 'PT422' using message = 'idempotency_key_reused';
    end if;
    return private.stored_answer(k);
  end if;
  delete from public.ai_idempotency_keys as i
  where i.user_id = p_user_id and i.operation = p_operation and i.key = p_key;
  insert into public.ai_idempotency_keys (user_id, operation, key, request_hash, turn_id)
  values (p_user_id, p_operation, p_key, p_request_hash, p_turn_id);
  return null;
end;
$$;
comment on function private.claim_idempotency_key is
  'Null: the caller goes on, and the claim lives or dies with its transaction. Otherwise the stored answer. '
  'PT422 for another body under the same key, PT409 while the first request is at work.';

-- =====================================================================================================================
-- Memories: facts about a user that last longer than a conversation
-- =====================================================================================================================
-- Written by approved actions of the type remember. A user's token reads the user's own, and may change and delete them.

create table public.ai_memories (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  fact text not null check (char_length(fact) between 1 and 300 and fact = btrim(fact)),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default now()
);
comment on table public.ai_memories is 'What the coach remembers over all conversations, and the user agreed to. At most 100 a user.';
comment on column public.ai_memories.id is 'That of the action, where it still stands as it was approved.';

create index ai_memories_user_id_created_at_idx on public.ai_memories (user_id, created_at desc, id desc);
create trigger ai_memories_set_updated_at before update on public.ai_memories
  for each row execute function private.set_updated_at();
create trigger ai_memories_lock_writer before insert or update or delete on public.ai_memories
  for each statement execute function private.lock_writer();

alter table public.ai_memories enable row level security;
create policy "Owners use their memories" on public.ai_memories for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select, update (fact), delete on public.ai_memories to authenticated;
grant select on public.ai_memories to service_role;

create function private.memories(p_user_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(x.fact order by x.created_at, x.id), '[]')
  from (
    select m.* from public.ai_memories as m where m.user_id = p_user_id order by m.created_at desc, m.id desc limit 100
  ) as x;
$$;
comment on function private.memories is 'The facts, oldest first.';

-- =====================================================================================================================
-- Training: workout plans and logged workouts
-- =====================================================================================================================
-- Written by approved actions alone. A user's token reads the user's own, and may delete them.

-- ------------------------------------------------------------------------------------------------ workout_plans
create table public.workout_plans (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  content jsonb not null check (jsonb_typeof(content) = 'object' and char_length(content::text) <= 100000),
  is_active boolean not null default true,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.workout_plans is 'Plans of a user; at most one is followed at a time.';
comment on column public.workout_plans.content is 'name, goal, weeks and sessions, as in shared/training/plan.py.';

create unique index workout_plans_one_active_idx on public.workout_plans (user_id) where is_active;
create index workout_plans_user_id_created_at_idx on public.workout_plans (user_id, created_at desc);
create trigger workout_plans_set_updated_at before update on public.workout_plans
  for each row execute function private.set_updated_at();
create trigger workout_plans_lock_writer before insert or update or delete on public.workout_plans
  for each statement execute function private.lock_writer();

alter table public.workout_plans enable row level security;
create policy "Owners use their plans" on public.workout_plans for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select, delete on public.workout_plans to authenticated;
grant select on public.workout_plans to service_role;

-- ------------------------------------------------------------------------------------------------- workout_logs
create table public.workout_logs (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  performed_on date not null,
  content jsonb not null check (jsonb_typeof(content) = 'object' and char_length(content::text) <= 100000),
  created_at timestamptz not null default now()
);
comment on table public.workout_logs is 'What a user has really done.';
comment on column public.workout_logs.content is 'performed_on, minutes, exercises and notes, as in shared/training/plan.py.';

create index workout_logs_user_id_performed_on_idx on public.workout_logs (user_id, performed_on desc, id desc);
create trigger workout_logs_lock_writer before insert or update or delete on public.workout_logs
  for each statement execute function private.lock_writer();

alter table public.workout_logs enable row level security;
create policy "Owners use their workouts" on public.workout_logs for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select, delete on public.workout_logs to authenticated;
grant select on public.workout_logs to service_role;

-- ------------------------------------------------------------------------------------------ what safety looks at
create function private.athlete(p_user_id uuid, p_days int default 28, p_limit int default 30) returns jsonb
language sql stable set search_path = '' as $$
  with known as (
    select to_jsonb(p) - array['user_id', 'created_at', 'updated_at'] as profile, private.local_time(p.time_zone) as here
    from public.ai_profile as p where p.user_id = p_user_id
  ), clock as (
    select coalesce((select k.here from known as k), now() at time zone 'UTC') as here
  )
  select jsonb_build_object(
    'now', to_char(c.here, 'YYYY-MM-DD"T"HH24:MI'),
    'profile', (select k.profile from known as k),
    'memories', private.memories(p_user_id),
    'plan', (select w.content from public.workout_plans as w where w.user_id = p_user_id and w.is_active),
    'workouts', (
      select coalesce(jsonb_agg(x.content order by x.performed_on desc, x.created_at desc, x.id), '[]')
      from (
        select l.*, sum(octet_length(l.content::text)) over (order by l.performed_on desc, l.created_at desc, l.id) as bytes
        from (
          select w.* from public.workout_logs as w
          -- Without a time zone the user may be a day ahead.
          where w.user_id = p_user_id and w.performed_on > c.here::date - p_days and w.performed_on <= c.here::date + 1
          order by w.performed_on desc, w.created_at desc, w.id
          limit p_limit
        ) as l
      ) as x
      where x.bytes <= 300000 -- some 300 workouts as people write them down
    ),
    'workouts_total', (
      select count(*) from (
        select from public.workout_logs as w
        where w.user_id = p_user_id and w.performed_on > c.here::date - p_days and w.performed_on <= c.here::date + 1
        limit 1000
      ) as counted
    )
  )
  from clock as c;
$$;
comment on function private.athlete is
  'What advice and actions are checked against: {now, profile, memories, plan, workouts, workouts_total}: the time '
  'where the user is (UTC where that is not known), the active plan, and of the workouts of p_days at most p_limit and 300 kB.';

create function public.athlete(p_user_id uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select private.athlete(p_user_id);
$$;
comment on function public.athlete is 'What is known of a user''s training, as private.athlete: what safety checks of a text look at.';

create function public.workouts_between(p_user_id uuid, p_since date, p_until date, p_exercise text default null, p_limit int default 60)
returns jsonb
language sql stable security definer set search_path = '' as $$
  with found as (
    select w.* from (
      select x.* from public.workout_logs as x
      where x.user_id = p_user_id and x.performed_on between p_since and p_until
      order by x.performed_on desc, x.created_at desc, x.id limit 1000
    ) as w
    where p_exercise is null or strpos(lower((w.content -> 'exercises')::text), lower(p_exercise)) > 0
  )
  select jsonb_build_object('total', (select count(*) from found), 'workouts', (
    select coalesce(jsonb_agg(f.content order by f.performed_on desc, f.created_at desc, f.id), '[]')
    from (select x.* from found as x order by x.performed_on desc, x.created_at desc, x.id limit p_limit) as f
  ));
$$;
comment on function public.workouts_between is
  'The newest p_limit workouts of some days, and how many there are (1000 at most): {total, workouts}; with p_exercise those that name it.';

-- ------------------------------------------------------------------------------------------- written without the coach
create function private.workout_json(w public.workout_logs) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('id', w.id, 'performed_on', w.performed_on, 'content', w.content, 'created_at', private.utc(w.created_at));
$$;
comment on function private.workout_json is 'A logged workout as the API shows it.';

create function public.log_workout(
  p_user_id uuid, p_content jsonb, p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_stored jsonb;
  w public.workout_logs;
begin
  perform private.lock_user(p_user_id);
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  v_stored := private.claim_idempotency_key(p_user_id, 'log_workout', p_idempotency_key, p_request_hash);
  if v_stored is not null then
    return jsonb_build_object('replayed', true, 'response', v_stored);
  end if;
  perform private.count_use(p_user_id, 'workouts');
  perform private.refuse_when_full('workouts', (
    select count(*) + 1 from (select from public.workout_logs as x where x.user_id = p_user_id limit 20000) as counted
  ), 20000);
  insert into public.workout_logs (user_id, performed_on, content)
  values (p_user_id, (p_content ->> 'performed_on')::date, p_content)
  returning * into w;
  update public.ai_idempotency_keys as i set response = private.workout_json(w)
  where i.user_id = p_user_id and i.operation = 'log_workout' and i.key = p_idempotency_key;
  return jsonb_build_object('replayed', false, 'response', private.workout_json(w));
end;
$$;
comment on function public.log_workout is
  'Writes a workout down: {replayed, response}. PT401 account_gone, PT429 too_many_workouts, PT422 storage_full beyond 20,000.';

create function public.change_workout(p_user_id uuid, p_id uuid, p_seen jsonb, p_content jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  w public.workout_logs;
begin
  perform private.lock_user(p_user_id);
  select x.* into w from public.workout_logs as x where x.id = p_id and x.user_id = p_user_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'workout_not_found';
  elsif w.content <> p_seen then
    raise sqlstate 'PT409' using message = 'workout_changed';
  end if;
  update public.workout_logs as x set content = p_content, performed_on = (p_content ->> 'performed_on')::date where x.id = p_id
  returning x.* into w;
  return private.workout_json(w);
end;
$$;
comment on function public.change_workout is
  'Corrects a workout that still is as it was seen. PT404 workout_not_found, PT409 workout_changed.';

grant execute on function public.athlete, public.workouts_between, public.log_workout, public.change_workout to service_role;

-- =====================================================================================================================
-- Knowledge base: its documents, what became of each, their chunks, and vectors that are paid for once
-- =====================================================================================================================
-- Nobody but service_role reads it. A worker claims a source, keeps each batch of vectors as it comes, and stores the
-- chunks in one transaction. Only the holder of the claim may store or settle; a newer event and a deletion take the
-- claim away. What is served stays served until a new version is stored.

set check_function_bodies = off; -- functions name what comes later

-- ----------------------------------------------------------------------------------------------- ai_kb_sources
create table public.ai_kb_sources (
  id uuid primary key default gen_random_uuid(),
  source text not null unique check (char_length(source) between 1 and 1024),
  title text not null check (char_length(title) between 1 and 500),
  version int not null default 0 check (version >= 0),
  content_sha256 text check (content_sha256 ~ '^[0-9a-f]{64}$'),
  sequencer text check (sequencer ~ '^[0-9A-Fa-f]{1,64}$'),
  embedding_model text check (char_length(embedding_model) <= 200),
  chunk_count int not null default 0 check (chunk_count >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  status text not null default 'pending' check (status in ('pending', 'ready', 'failed', 'deleted')),
  error_code text check (char_length(error_code) <= 100),
  format text check (format in ('markdown', 'text', 'html', 'pdf', 'docx', 'xlsx', 'pptx', 'epub', 'csv')),
  byte_size bigint check (byte_size >= 0),
  in_bucket boolean not null default true,
  warnings jsonb not null default '[]' check (jsonb_typeof(warnings) = 'array' and octet_length(warnings::text) <= 8000),
  claim text check (char_length(claim) <= 200),
  claimed_until timestamptz,
  claimed_at timestamptz,
  settled_at timestamptz,
  reviewed_on date,
  reviewed_by text check (char_length(reviewed_by) <= 500),
  sources jsonb not null default '[]' check (jsonb_typeof(sources) = 'array' and jsonb_array_length(sources) <= 50),
  questions jsonb not null default '[]' check (jsonb_typeof(questions) = 'array' and jsonb_array_length(questions) <= 40),
  constraint ai_kb_sources_failed_check check (status <> 'failed' or error_code is not null)
);
comment on table public.ai_kb_sources is 'A document of the knowledge base and the version of it that is served.';
comment on column public.ai_kb_sources.source is
  'Key of the object in the knowledge bucket, or the name that embed_doc was given.';
comment on column public.ai_kb_sources.version is 'Of what is served; 0 when nothing ever was.';
comment on column public.ai_kb_sources.content_sha256 is
  'Of the document that is served and how it was read; null when nothing is.';
comment on column public.ai_kb_sources.sequencer is
  'Of the newest S3 event that was taken up (hexadecimal). A deleted source keeps its row, so that a late event cannot '
  'revive it.';
comment on column public.ai_kb_sources.status is
  'Of the newest version: while it is pending or has failed, the chunks of the version before it are served.';
comment on column public.ai_kb_sources.error_code is
  'Why the newest version failed, or why the last attempt at a pending one did.';
comment on column public.ai_kb_sources.in_bucket is 'False for a text that was given to embed_doc.';
comment on column public.ai_kb_sources.reviewed_on is
  'When the version that is served was last held against its sources, as it says itself; by whom: reviewed_by.';
comment on column public.ai_kb_sources.sources is 'What the version that is served names as its sources.';
comment on column public.ai_kb_sources.questions is 'What the version that is served says it answers, in the words of who asks.';
comment on column public.ai_kb_sources.warnings is
  'What of the version that is served could not be read: an array of {code, count, where}.';
comment on column public.ai_kb_sources.claim is 'Who works at it, until claimed_until at most.';
comment on column public.ai_kb_sources.settled_at is 'When the attempt that began at claimed_at ended; null while it goes on.';

create index ai_kb_sources_updated_at_idx on public.ai_kb_sources (updated_at desc, id desc);
create trigger ai_kb_sources_set_updated_at before update on public.ai_kb_sources
  for each row execute function private.set_updated_at();
alter table public.ai_kb_sources enable row level security;
grant select on public.ai_kb_sources to service_role;

-- --------------------------------------------------------------------------------------------------- ai_kb_docs
create function private.sha256_hex(p_text text) returns text
language sql immutable strict set search_path = '' as $$
  select encode(sha256(convert_to(p_text, 'UTF8')), 'hex');
$$;
comment on function private.sha256_hex is 'SHA-256 of a text in UTF-8, as lower-case hexadecimal.';

create table public.ai_kb_docs (
  id uuid primary key default gen_random_uuid(),
  source_id uuid not null references public.ai_kb_sources (id) on delete cascade,
  source text not null,
  chunk_index int not null check (chunk_index >= 0),
  content text not null check (char_length(content) between 1 and 20000),
  embedding extensions.vector(512) not null,
  embedding_model text not null check (char_length(embedding_model) <= 200),
  token_count int not null check (token_count > 0),
  metadata jsonb not null default '{}' check (jsonb_typeof(metadata) = 'object'),
  created_at timestamptz not null default now(),
  content_sha256 text generated always as (private.sha256_hex(content)) stored,
  embedding_dimensions int generated always as (extensions.vector_dims(embedding)) stored,
  unique (source_id, chunk_index)
);
-- 512 floats are a little more than Postgres keeps in a row unasked; an exact search must not look up each elsewhere.
alter table public.ai_kb_docs alter column embedding set storage plain, alter column embedding_model set storage plain;
comment on table public.ai_kb_docs is 'Chunks of the knowledge base. Vectors of different models are never compared.';
comment on column public.ai_kb_docs.metadata is 'title, heading, version, language and reviewed_on of the source the chunk was cut from.';

create index ai_kb_docs_content_sha256_idx on public.ai_kb_docs (content_sha256, embedding_model);
-- Searches go past this index (see private.nearest_chunks), as it was made empty and its lists fit nothing; it is dropped
-- once upkeep has made one that fits.
create index ai_kb_docs_embedding_idx on public.ai_kb_docs
  using ivfflat (embedding extensions.vector_cosine_ops) with (lists = 100);

create function private.follow_chunks() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_changed uuid[];
begin
  if tg_op = 'TRUNCATE' then
    truncate private.chunk_words, private.word_counts, private.word_count_changes;
  elsif tg_op = 'INSERT' then
    perform private.add_words(array(select a.id from added as a));
  elsif tg_op = 'DELETE' then
    perform private.remove_words(array(select r.id from removed as r));
  else
    -- A new vector is no new word: whoever changes the model changes every row.
    v_changed := array(
      select a.id from added as a join removed as r on r.id = a.id
      where (a.content, a.metadata) is distinct from (r.content, r.metadata)
    );
    perform private.remove_words(v_changed), private.add_words(v_changed);
  end if;
  return null;
end;
$$;
comment on function private.follow_chunks is
  'Trigger: keeps the words and their counts those of the chunks, once for each statement.';

create trigger ai_kb_docs_inserted after insert on public.ai_kb_docs
  referencing new table as added for each statement execute function private.follow_chunks();
create trigger ai_kb_docs_deleted after delete on public.ai_kb_docs
  referencing old table as removed for each statement execute function private.follow_chunks();
create trigger ai_kb_docs_updated after update on public.ai_kb_docs
  referencing old table as removed new table as added for each statement execute function private.follow_chunks();
create trigger ai_kb_docs_truncated after truncate on public.ai_kb_docs
  for each statement execute function private.follow_chunks();

alter table public.ai_kb_docs enable row level security;
grant select on public.ai_kb_docs to service_role;

-- --------------------------------------------------------------------------------------------- private.questions
create table private.questions (
  source_id uuid not null references public.ai_kb_sources (id) on delete cascade,
  content text not null check (char_length(content) between 1 and 200),
  embedding extensions.vector(512) not null,
  embedding_model text not null check (char_length(embedding_model) <= 200),
  content_sha256 text generated always as (private.sha256_hex(content)) stored,
  primary key (source_id, content)
);
alter table private.questions alter column embedding set storage plain, alter column embedding_model set storage plain;
comment on table private.questions is
  'The questions of ai_kb_sources with their vectors, by which a search finds the document. They are no part of its text: nobody is '
  'shown them as such, and no answer cites them.';

create index questions_content_sha256_idx on private.questions (content_sha256, embedding_model);
-- Unlike the lists of ivfflat it fits from the first row on, and they come one document at a time.
create index questions_embedding_idx on private.questions
  using hnsw ((embedding::extensions.halfvec(512)) extensions.halfvec_cosine_ops);
alter table private.questions enable row level security;

create view private.embedded_contents with (security_invoker = true) as
  select d.content, d.content_sha256, d.embedding, d.embedding_model from public.ai_kb_docs as d
  union all
  select q.content, q.content_sha256, q.embedding, q.embedding_model from private.questions as q;
comment on view private.embedded_contents is 'All that is served with a vector: chunks and questions.';

-- ------------------------------------------------------------------------------------ private.kept_embeddings
create table private.kept_embeddings (
  content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
  embedding_model text not null check (char_length(embedding_model) <= 200),
  embedding extensions.vector(512) not null,
  kept_at timestamptz not null default now(),
  primary key (content_sha256, embedding_model)
);
comment on table private.kept_embeddings is
  'Vectors that are paid for and not served yet: of an ingestion under way, or of the model that is to be served next.';

-- -------------------------------------------------------------------------------------- private.serving_model
create table private.serving_model (
  one boolean primary key default true check (one),
  embedding_model text not null check (char_length(embedding_model) <= 200),
  since timestamptz not null default now()
);
comment on table private.serving_model is 'The model of every chunk there is: questions must be embedded with it.';

create function public.serving_model() returns text
language sql stable security definer set search_path = '' as $$
  select m.embedding_model from private.serving_model as m;
$$;
comment on function public.serving_model is 'The model that the stored chunks are embedded with; null before the first.';

-- ----------------------------------------------------------------------------------------- claim and settle
create function private.source_facts(s public.ai_kb_sources) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'id', s.id, 'source', s.source, 'status', s.status, 'version', s.version, 'chunk_count', s.chunk_count,
    'content_sha256', s.content_sha256, 'embedding_model', s.embedding_model, 'in_bucket', s.in_bucket
  );
$$;
comment on function private.source_facts is 'A source as the functions below answer with it.';

create function private.event_order(p_sequencer text) returns text
language sql immutable set search_path = '' as $$
  select rpad(lower(p_sequencer), 64, '0');
$$;
comment on function private.event_order is
  'S3 orders the events of one key by sequencers, compared after padding the shorter one with zeros on the right.';

create function public.claim_source(
  p_source text, p_claim text, p_lease_seconds int, p_sequencer text default null, p_is_removal boolean default false
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  s public.ai_kb_sources;
  v_newer boolean;
  v_outcome text := 'claimed';
begin
  insert into public.ai_kb_sources (source, title)
  values (p_source, left(coalesce(nullif(regexp_replace(p_source, '^.*/', ''), ''), p_source), 500))
  on conflict (source) do nothing;
  select * into strict s from public.ai_kb_sources as k where k.source = p_source for update;
  v_newer := p_sequencer is null or s.sequencer is null
    or private.event_order(p_sequencer) > private.event_order(s.sequencer);
  if not v_newer and private.event_order(p_sequencer) < private.event_order(s.sequencer) then
    v_outcome := 'stale';
  elsif not v_newer and s.status <> 'pending' then
    v_outcome := 'duplicate';
  elsif (not v_newer and s.claim <> p_claim or p_is_removal and s.claim like 'operator %') and s.claimed_until > now() then
    v_outcome := 'busy';
  elsif p_is_removal and s.status = 'deleted' then
    update public.ai_kb_sources as k set sequencer = coalesce(p_sequencer, k.sequencer) where k.id = s.id;
    v_outcome := 'duplicate';
  else
    update public.ai_kb_sources as k
    set status = 'pending', error_code = null, sequencer = coalesce(p_sequencer, k.sequencer), claim = p_claim,
      claimed_at = clock_timestamp(), settled_at = null, claimed_until = now() + make_interval(secs => p_lease_seconds)
    where k.id = s.id
    returning * into s;
  end if;
  return private.source_facts(s) || jsonb_build_object('outcome', v_outcome, 'serving_model', public.serving_model());
end;
$$;
comment on function public.claim_source is
  'Takes a source up for an event, or (without a sequencer) for an operator. Outcomes: claimed; stale, when a newer event was '
  'taken up; duplicate, when this one has ended, or tells that a file is gone whose source is deleted; busy, when another '
  'worker is at it, or a file is gone in whose place an operator just gives a text. The claimant of a dead attempt comes back '
  'under the same name and need not wait for the lease to end.';

create function public.settle_source(
  p_source text, p_claim text, p_status text, p_error_code text default null, p_format text default null,
  p_byte_size bigint default null
) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_id uuid;
begin
  update public.ai_kb_sources as k
  set status = p_status, error_code = p_error_code, claim = null, claimed_until = null, settled_at = clock_timestamp(),
    format = coalesce(p_format, k.format), byte_size = coalesce(p_byte_size, k.byte_size)
  where k.source = p_source and k.claim = p_claim
  returning k.id into v_id;
  if v_id is not null and p_status = 'deleted' then
    perform private.forget_chunks(v_id);
  end if;
  return v_id is not null;
end;
$$;
comment on function public.settle_source is
  'Ends a claim without a new version: ready (nothing changed), failed, deleted, or pending (to be tried again). False, and '
  'nothing done, when the claim was lost.';

create function private.forget_chunks(p_id uuid) returns void
language sql set search_path = '' as $$
  delete from public.ai_kb_docs as d where d.source_id = p_id;
  delete from private.questions as q where q.source_id = p_id;
  update public.ai_kb_sources as k
  set status = 'deleted', error_code = null, claim = null, claimed_until = null, chunk_count = 0, content_sha256 = null,
    embedding_model = null, questions = '[]'
  where k.id = p_id;
$$;
comment on function private.forget_chunks is 'Leaves of a source the row that says it was deleted.';

create function public.delete_source(p_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  s public.ai_kb_sources;
begin
  select * into s from public.ai_kb_sources as k where k.id = p_id for update;
  if not found then
    return null;
  end if;
  perform private.forget_chunks(s.id);
  return private.source_facts(s);
end;
$$;
comment on function public.delete_source is
  'Deletes the chunks of a source at once; whoever is ingesting it loses the claim. Null for an unknown source; safe to repeat.';

-- --------------------------------------------------------------------------------------- embeddings and store
create function public.missing_embeddings(p_embedding_model text, p_hashes text[]) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(distinct h.hash), '[]')
  from unnest(p_hashes) as h (hash)
  where not exists (
    select from private.kept_embeddings as e where e.content_sha256 = h.hash and e.embedding_model = p_embedding_model
  ) and not exists (
    select from private.embedded_contents as c where c.content_sha256 = h.hash and c.embedding_model = p_embedding_model
  );
$$;
comment on function public.missing_embeddings is 'Which of these contents (SHA-256) have no vector of a model yet.';

create function public.keep_embeddings(p_embedding_model text, p_rows jsonb) returns void
language sql security definer set search_path = '' as $$
  insert into private.kept_embeddings (content_sha256, embedding_model, embedding)
  select r.row ->> 'content_sha256', p_embedding_model, (r.row ->> 'embedding')::extensions.vector
  from jsonb_array_elements(p_rows) as r (row)
  on conflict do nothing;
$$;
comment on function public.keep_embeddings is 'Keeps vectors as soon as they are paid for: [{content_sha256, embedding}].';

create function private.replace_chunks(s public.ai_kb_sources, p_chunks jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  v_vectors extensions.vector[];
  v_language constant text := private.language((
    select string_agg(left(c.chunk ->> 'content', 250), E'\n' order by c.i)
    from jsonb_array_elements(p_chunks) with ordinality as c (chunk, i) where c.i <= 8
  ));
begin
  -- Read before the old chunks go: theirs are among the vectors.
  select array_agg(v.embedding order by c.i) into v_vectors
  from jsonb_array_elements(p_chunks) with ordinality as c (chunk, i)
  cross join lateral (select private.sha256_hex(c.chunk ->> 'content')) as h (hash)
  cross join lateral (
    select e.embedding from private.kept_embeddings as e
    where e.content_sha256 = h.hash and e.embedding_model = s.embedding_model
    union all
    select w.embedding from private.embedded_contents as w
    where w.content_sha256 = h.hash and w.embedding_model = s.embedding_model
    limit 1
  ) as v;
  if cardinality(v_vectors) is distinct from jsonb_array_length(p_chunks) then
    raise sqlstate 'PT409' using message = 'embeddings_missing';
  end if;
  delete from public.ai_kb_docs as d where d.source_id = s.id;
  insert into public.ai_kb_docs
    (source_id, source, chunk_index, content, embedding, embedding_model, token_count, metadata)
  select s.id, s.source, n.i - 1, n.chunk ->> 'content', n.embedding, s.embedding_model,
    (n.chunk ->> 'token_count')::int,
    jsonb_strip_nulls(jsonb_build_object(
      'title', s.title, 'heading', n.chunk ->> 'heading', 'version', s.version, 'language', coalesce(v_language, 'simple'),
      'reviewed_on', s.reviewed_on
    ))
  from rows from (jsonb_array_elements(p_chunks), unnest(v_vectors)) with ordinality as n (chunk, embedding, i);
  delete from private.kept_embeddings as e
  using public.ai_kb_docs as d
  where d.source_id = s.id and e.content_sha256 = d.content_sha256 and e.embedding_model = s.embedding_model;
end;
$$;
comment on function private.replace_chunks is
  'Puts new chunks of a source in the place of the old ones. Raises PT409 embeddings_missing.';

create function private.add_questions(s public.ai_kb_sources) returns void
language plpgsql set search_path = '' as $$
begin
  insert into private.questions (source_id, content, embedding, embedding_model)
  select s.id, a.content, v.embedding, s.embedding_model
  from jsonb_array_elements_text(s.questions) as a (content)
  cross join lateral (select private.sha256_hex(a.content)) as h (hash)
  cross join lateral (
    select e.embedding from private.kept_embeddings as e
    where e.content_sha256 = h.hash and e.embedding_model = s.embedding_model
    union all
    select c.embedding from private.embedded_contents as c
    where c.content_sha256 = h.hash and c.embedding_model = s.embedding_model
    limit 1
  ) as v
  on conflict do nothing; -- those that stay
  if (select count(*) from private.questions as q where q.source_id = s.id and s.questions ? q.content)
    < jsonb_array_length(s.questions) then
    raise sqlstate 'PT409' using message = 'embeddings_missing';
  end if;
  delete from private.kept_embeddings as e
  using private.questions as q
  where q.source_id = s.id and e.content_sha256 = q.content_sha256 and e.embedding_model = s.embedding_model;
end;
$$;
comment on function private.add_questions is
  'Has a source be found by the questions that it names now, each once. Raises PT409 embeddings_missing.';

create function public.store_source(
  p_source text, p_claim text, p_title text, p_content_sha256 text, p_embedding_model text, p_chunks jsonb,
  p_format text default null, p_byte_size bigint default null, p_in_bucket boolean default false,
  p_provenance jsonb default '{}',
  p_warnings jsonb default '[]',
  p_questions jsonb default '[]'
) returns jsonb
language plpgsql
security definer
set search_path = ''
set statement_timeout = '60s' -- PostgREST applies it to the whole request
as $$
declare
  s public.ai_kb_sources;
begin
  insert into private.serving_model (embedding_model) values (p_embedding_model) on conflict do nothing;
  perform from private.serving_model as m where m.embedding_model = p_embedding_model for share;
  if not found then
    raise sqlstate 'PT409' using message = 'embedding_model_changed';
  end if;
  select * into s from public.ai_kb_sources as k where k.source = p_source for update;
  if s.claim is distinct from p_claim or p_claim is null then
    return private.source_facts(s) || jsonb_build_object('stored', false);
  end if;
  update public.ai_kb_sources as k
  set title = p_title, content_sha256 = p_content_sha256, embedding_model = p_embedding_model, version = k.version + 1,
    chunk_count = jsonb_array_length(p_chunks), status = 'ready', error_code = null, format = p_format,
    byte_size = p_byte_size, in_bucket = p_in_bucket, warnings = p_warnings, claim = null, claimed_until = null,
    settled_at = clock_timestamp(),
    reviewed_on = (p_provenance ->> 'reviewed_on')::date, reviewed_by = p_provenance ->> 'reviewed_by',
    sources = coalesce(p_provenance -> 'sources', '[]'), questions = p_questions
  where k.id = s.id
  returning * into s;
  -- In this order, vectors are there for a question that was a chunk's whole text, and for a chunk that was a question.
  perform private.add_questions(s), private.replace_chunks(s, p_chunks);
  delete from private.questions as q where q.source_id = s.id and not s.questions ? q.content;
  return private.source_facts(s) || jsonb_build_object('stored', true);
end;
$$;
comment on function public.store_source is
  'Replaces all chunks of a claimed source, [{content, heading, token_count}], and its questions, in one transaction, with vectors '
  'that are kept or served already. stored is false when the claim was lost. Raises PT409 embedding_model_changed, PT409 embeddings_missing.';

-- ---------------------------------------------------------------------------------------- a change of the model
create function public.contents_without_embedding(p_embedding_model text, p_limit int) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(distinct w.content), '[]')
  from (
    select c.content from private.embedded_contents as c
    where c.embedding_model <> p_embedding_model and not exists (
      select from private.kept_embeddings as e
      where e.content_sha256 = c.content_sha256 and e.embedding_model = p_embedding_model
    )
    limit p_limit
  ) as w;
$$;
comment on function public.contents_without_embedding is
  'Contents of chunks, and questions, that a model has not embedded yet, at most p_limit.';

create function public.set_serving_model(p_embedding_model text) returns boolean
language plpgsql security definer set search_path = '' set statement_timeout = '300s' as $$
begin
  -- Whoever stores chunks holds a share of this lock, so none of another model come in between.
  perform from private.serving_model for update;
  if jsonb_array_length(public.contents_without_embedding(p_embedding_model, 1)) > 0 then
    return false;
  end if;
  update public.ai_kb_docs as d
  set embedding = e.embedding, embedding_model = p_embedding_model
  from private.kept_embeddings as e
  where d.embedding_model <> p_embedding_model and e.content_sha256 = d.content_sha256
    and e.embedding_model = p_embedding_model;
  update private.questions as q
  set embedding = e.embedding, embedding_model = p_embedding_model
  from private.kept_embeddings as e
  where q.embedding_model <> p_embedding_model and e.content_sha256 = q.content_sha256
    and e.embedding_model = p_embedding_model;
  update public.ai_kb_sources as k
  set embedding_model = p_embedding_model where k.embedding_model <> p_embedding_model;
  update private.serving_model as m
  set embedding_model = p_embedding_model, since = now() where m.embedding_model <> p_embedding_model;
  delete from private.kept_embeddings as e using private.embedded_contents as c where c.content_sha256 = e.content_sha256;
  return true;
end;
$$;
comment on function public.set_serving_model is
  'Puts the kept vectors of a model in the place of those served, all at once; false as long as one is missing.';

create function public.prune_embeddings(p_before timestamptz) returns int
language plpgsql security definer set search_path = '' as $$
declare
  v_pruned int;
begin
  delete from private.kept_embeddings as e
  where e.kept_at < p_before
    and not exists (select from private.embedded_contents as c where c.content_sha256 = e.content_sha256);
  get diagnostics v_pruned = row_count;
  return v_pruned;
end;
$$;
comment on function public.prune_embeddings is 'Forgets vectors kept before a time for documents that never were stored.';

grant execute on function public.serving_model, public.claim_source, public.settle_source, public.delete_source,
  public.missing_embeddings, public.keep_embeddings, public.store_source, public.contents_without_embedding,
  public.set_serving_model, public.prune_embeddings to service_role;

-- =====================================================================================================================
-- Knowledge search: chunks found by their words (BM25) and by their vectors, fused; and the upkeep of both indexes
-- =====================================================================================================================
-- Postgres' own ranking does not know how rare a word is, and fused with vectors it gains nothing. Hence BM25. What it
-- needs is kept beside the chunks by triggers: how often each word is in a chunk, and in how many chunks.

-- -------------------------------------------------------------------------------------------- the words of a text
create function private.languages() returns table (name text, stemmer regdictionary)
language sql immutable rows 14 set search_path = '' as $$
  select l.name, ('pg_catalog.' || l.name || '_stem')::regdictionary
  from unnest(array[
    'english', 'german', 'french', 'spanish', 'italian', 'portuguese', 'dutch', 'swedish', 'danish', 'norwegian', 'finnish',
    'hungarian', 'russian', 'turkish'
  ]) as l (name);
$$;
comment on function private.languages is 'Those whose commonest words and stems Postgres knows.';

create function private.language(p_text text, p_likely text[] default '{}') returns text
language sql stable set search_path = '' as $$
  with words as materialized (
    select w.word
    from regexp_split_to_table(lower(normalize(left(p_text, 2000), nfc)), '[^[:alpha:]]+') as w (word)
    where w.word <> ''
    limit 100
  )
  select l.name
  from private.languages() with ordinality as l (name, stemmer, place)
  join words as w on pg_catalog.ts_lexize(l.stemmer, w.word) = '{}'
  group by l.name, l.place
  having 20 * count(*) >= (select count(*) from words)
  order by count(*) desc, array_position(p_likely, l.name), l.place
  limit 1;
$$;
comment on function private.language is
  'The language of a text: of whose commonest words it has most, and one in twenty. Of two that are level the likelier one. Null '
  'where there is none.';

create function private.bigrams(p_text text) returns text
language sql immutable set search_path = '' as $$
  select string_agg(
    case when not n.is_han then n.letter when n.before or n.after then ' ' else ' ' || n.letter || ' ' end
      || case when n.is_han and n.after then n.letter || n.next else '' end, '' order by n.i
  )
  from (
    select h.*, coalesce(lag(h.is_han) over w, false) as before, coalesce(lead(h.is_han) over w, false) as after,
      lead(h.letter) over w as next
    from (
      select c.letter, c.i, c.letter ~ '[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]' as is_han
      from string_to_table(p_text, null) with ordinality as c (letter, i)
    ) as h
    window w as (order by h.i)
  ) as n;
$$;
comment on function private.bigrams is
  'A text with its runs of Chinese and Japanese letters as pairs that overlap: they are written without blanks, and two letters '
  'are about a word.';

create function private.in_one_spelling(p_text text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  -- A power is no digit of its number; what is between letters to be seen by nobody is no letter.
  v_text text := regexp_replace(regexp_replace(p_text, '(?<=\d)([⁰¹²³⁴⁵⁶⁷⁸⁹])', ' \1', 'g'), '[\u00ad\u200b\u2060\ufeff]', '', 'g');
begin
  v_text := lower(normalize(v_text, nfkc));
  if v_text ~ '[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]' then
    v_text := private.bigrams(v_text);
  end if;
  -- Postgres would read "8-12" as 8 and minus 12, and "push/pull" as the name of a file.
  return regexp_replace(v_text, '/|-(?=\d)', ' ', 'g');
end;
$$;
comment on function private.in_one_spelling is
  'A text as its words are looked for: with ligatures, widths and compositions of letters as one.';

create function private.without_accents(p_text text) returns text
language sql immutable set search_path = '' as $$
  -- Of Latin letters: elsewhere, as in й, the mark makes another letter.
  select translate(
    case when p_text ~ '[\u00c0-\u024f\u1e00-\u1eff]'
      then normalize(regexp_replace(normalize(p_text, nfd), '([a-z])[\u0300-\u036f]+', '\1', 'g'), nfc) else p_text end,
    'øłđıё’', 'oldiе' || chr(39)
  );
$$;
comment on function private.without_accents is 'A text in small letters as it is written on a keyboard that has no accents.';

create function private.searchable_words(p_text text, p_language text) returns tsvector
language sql stable set search_path = '' as $$
  select to_tsvector(
    ('pg_catalog.' || p_language)::regconfig, private.without_accents(private.in_one_spelling(p_text))
  );
$$;
comment on function private.searchable_words is
  'The words of a text as stems of a language (simple: as they are), without its commonest ones.';

create function private.any_of(p_words text[]) returns tsquery
language sql immutable set search_path = '' as $$
  select string_agg('''' || replace(replace(w.word, '\', '\\'), '''', '''''') || '''', '|')::tsquery
  from unnest(p_words) as w (word);
$$;
comment on function private.any_of is 'The query for texts with at least one of these stems; null for none.';

create function private.frequency_levels() returns table (level int)
language sql immutable rows 7 set search_path = '' as $$
  values (2), (3), (4), (6), (8), (12), (16);
$$;
comment on function private.frequency_levels is
  'A word that is this often in a chunk of typical length (200 words) is also indexed as "word 2", "word 3" ..., so that '
  'a search for a common word can look at the chunks that are most about it. They choose what is looked at; scores are '
  'exact.';

-- ---------------------------------------------------------------------------------------- private.chunk_words
create table private.chunk_words (
  chunk_id uuid primary key,
  language text not null,
  length int not null check (length >= 0),
  keys tsvector not null,
  repeated jsonb not null
)
with (toast_tuple_target = 8160);
comment on table private.chunk_words is 'The words of each chunk with its title and heading.';
comment on column private.chunk_words.language is 'By whose stems its words are kept; simple where it is not known.';
comment on column private.chunk_words.length is 'How many words there are, repetitions included.';
comment on column private.chunk_words.keys is 'Each word once, and the levels of those that are frequent.';
comment on column private.chunk_words.repeated is 'How often the words are there that are there more than once.';

-- Read for each candidate of a search: in the row, and not packed.
alter table private.chunk_words alter column keys set storage external, alter column repeated set storage external;
-- New chunks are sorted in by the fifty to hundred; a search reads those that wait, so they must be few.
create index chunk_words_keys_idx on private.chunk_words using gin (keys) with (gin_pending_list_limit = 256);
alter table private.chunk_words enable row level security;

-- ---------------------------------------------------------------------------------------- private.word_counts
create table private.word_counts (
  key text collate "C" primary key, -- a word and its levels stand side by side in the index, and are looked up at once
  chunks bigint not null,
  length bigint not null
);
comment on table private.word_counts is
  'In how many chunks each key is, as of the last upkeep. The key '''' counts all chunks and their length in words, the keys '
  'with a blank before a language its chunks.';
alter table private.word_counts enable row level security;

-- --------------------------------------------------------------------------------- private.word_count_changes
create table private.word_count_changes (
  key text collate "C" not null,
  chunks bigint not null,
  length bigint not null
);
comment on table private.word_count_changes is
  'What is to be added to word_counts. Whoever changes chunks adds rows of his own: nobody waits for another''s common words.';
create index word_count_changes_key_idx on private.word_count_changes (key) include (chunks, length);
alter table private.word_count_changes enable row level security;

-- ------------------------------------------------------------------------- kept current by the triggers of ai_kb_docs
create function private.add_words(p_chunk_ids uuid[]) returns void
language sql set search_path = '' as $$
  with told as materialized (
    select d.id, concat_ws(E'\n', d.metadata ->> 'title', d.metadata ->> 'heading', d.content) as text,
      coalesce(d.metadata ->> 'language', private.language(left(d.content, 600)), 'simple') as language
    from public.ai_kb_docs as d where d.id = any(p_chunk_ids)
  ), parsed as materialized (
    select t.id, t.language, private.searchable_words(t.text, t.language) as words from told as t
  ), counted as (
    select p.id, p.language, strip(p.words) as words, coalesce(w.length, 0) as length, coalesce(w.repeated, '{}') as repeated
    from parsed as p
    cross join lateral (
      select sum(cardinality(u.positions)) as length,
        jsonb_object_agg(u.lexeme, cardinality(u.positions)) filter (where cardinality(u.positions) > 1) as repeated
      from unnest(p.words) as u
    ) as w
  ), added as (
    insert into private.chunk_words (chunk_id, language, length, keys, repeated)
    select c.id, c.language, c.length, c.words || array_to_tsvector(array(
        select r.key || ' ' || l.level
        from jsonb_each(c.repeated) as r
        join private.frequency_levels() as l on r.value::int >= l.level * (0.25 + 0.75 * c.length / 200)
      )), c.repeated
    from counted as c
    returning language, length, keys
  )
  insert into private.word_count_changes (key, chunks, length)
  select k.key, count(*), 0 from added as a cross join unnest(tsvector_to_array(a.keys)) as k (key) group by k.key
  union all
  select '', count(*), sum(a.length) from added as a having count(*) > 0
  union all
  select ' ' || a.language, count(*), 0 from added as a group by a.language;
$$;
comment on function private.add_words is 'Notes the words of new chunks.';

create function private.remove_words(p_chunk_ids uuid[]) returns void
language sql set search_path = '' as $$
  with removed as (
    delete from private.chunk_words as w where w.chunk_id = any(p_chunk_ids) returning w.language, w.length, w.keys
  )
  insert into private.word_count_changes (key, chunks, length)
  select k.key, -count(*), 0 from removed as r cross join unnest(tsvector_to_array(r.keys)) as k (key) group by k.key
  union all
  select '', -count(*), -sum(r.length) from removed as r having count(*) > 0
  union all
  select ' ' || r.language, -count(*), 0 from removed as r group by r.language;
$$;
comment on function private.remove_words is 'Forgets the words of chunks that are gone.';

create function private.fold_word_counts() returns int
language plpgsql set search_path = '' as $$
declare
  v_folded int;
begin
  with taken as (
    delete from private.word_count_changes returning key, chunks, length
  )
  merge into private.word_counts as c
  using (select t.key, sum(t.chunks) as chunks, sum(t.length) as length from taken as t group by t.key) as s
  on c.key = s.key
  when matched and c.chunks + s.chunks = 0 then delete
  when matched then update set chunks = c.chunks + s.chunks, length = c.length + s.length
  when not matched and s.chunks <> 0 then insert (key, chunks, length) values (s.key, s.chunks, s.length);
  get diagnostics v_folded = row_count;
  return v_folded;
end;
$$;
comment on function private.fold_word_counts is 'Takes the changes up into word_counts; returns how many keys changed.';

-- ------------------------------------------------------------------------------------------------ search by words
create function private.count_keys(p_words text[])
returns table (word text, level int, key text, chunks bigint, length bigint)
language plpgsql -- which keeps its plan
stable
rows 50
set search_path = ''
as $$
begin
  return query
  select w.word, case when w.word = '' then 0 else coalesce(nullif(split_part(n.key, ' ', 2), '')::int, 1) end,
    coalesce(n.key, w.word), coalesce(sum(n.chunks), 0)::bigint, coalesce(sum(n.length), 0)::bigint
  from unnest(p_words || array['']) as w (word)
  left join lateral (
    -- '!' follows the blank between a word and its level.
    select c.key, c.chunks, c.length from private.word_counts as c where c.key >= w.word and c.key < w.word || '!'
    union all
    select c.key, c.chunks, c.length from private.word_count_changes as c where c.key >= w.word and c.key < w.word || '!'
  ) as n on w.word <> '' or n.key = ''
  group by w.word, n.key;
end;
$$;
comment on function private.count_keys is
  'In how many chunks each word is, and each of its levels that there are; and, as word '''' of level 0, all chunks with '
  'their length.';

create function private.stored_languages() returns text[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(l.name), '{}')
  from (
    select substr(c.key, 2) as name
    from (
      select x.key, x.chunks from private.word_counts as x where x.key > ' ' and x.key < '!'
      union all
      select x.key, x.chunks from private.word_count_changes as x where x.key > ' ' and x.key < '!'
    ) as c
    group by c.key having sum(c.chunks) > 0 order by sum(c.chunks) desc, c.key limit 4
  ) as l;
$$;
comment on function private.stored_languages is 'The languages of the chunks, at most four, that of most of them first.';

create function private.asked_words(p_query text) returns table (place int, word text, own boolean)
language plpgsql stable rows 20 set search_path = '' as $$
declare
  v_stored constant text[] := private.stored_languages();
  v_own constant text := coalesce(private.language(p_query, v_stored), v_stored[1], 'simple');
begin
  return query
  with kept as ( -- before their accents go, by which "für" is known as a common word
    select p.place
    from unnest(to_tsvector(('pg_catalog.' || v_own)::regconfig, private.in_one_spelling(p_query))) as w
    cross join unnest(w.positions) as p (place)
  )
  select distinct p.place::int, w.lexeme, l.name = v_own
  from (select unnest(v_stored || v_own) union select 'simple') as l (name)
  cross join unnest(private.searchable_words(p_query, l.name)) as w
  cross join unnest(w.positions) as p (place)
  where p.place in (select k.place from kept as k);
end;
$$;
comment on function private.asked_words is
  'Each word of a question in the forms in which chunks may have it: as a stem of its own language, of those of the chunks, and '
  'as it is. Without the commonest words of its language; of a question in none that is known, of that of most chunks.';

create function private.matching_chunks(p_query text)
returns table (chunk_id uuid, score double precision, coverage double precision)
language plpgsql stable rows 40 set search_path = '' as $$
declare
  v_average double precision; -- length of a chunk
  v_words text[];
  v_queries tsquery[];
  v_rarities double precision[];
  v_asked double precision; -- sum of the rarities, also of words that are nowhere
  v_keys text[];
begin
  with asked as materialized (
    select x.place, x.word, x.own from private.asked_words(left(p_query, 4000)) as x
  ), every_form as materialized (
    select k.* from private.count_keys(array(select distinct x.word from asked as x)) as k
  ), forms as (
    -- Of each word the form that most chunks have.
    select distinct on (x.place) x.word
    from asked as x join every_form as f on f.word = x.word and f.level = 1
    order by x.place, f.chunks desc, x.own desc, x.word
  ), counted as materialized (
    select f.* from every_form as f where f.level = 0 or f.word in (select x.word from forms as x)
  ), rare as (
    select c.word, c.chunks,
      ln(1 + (a.chunks - c.chunks + 0.5::double precision) / (c.chunks + 0.5::double precision)) as rarity
    from counted as c cross join (select x.chunks from counted as x where x.level = 0) as a
    where c.level = 1
    order by c.chunks, c.word
    limit 32 -- as many words as a long question has; what is left of an essay are its commonest
  ), worth as (
    -- What a chunk scores at least that has a word this often; and how many more chunks that are than at the next level.
    select c.word, c.level, c.key, r.rarity * c.level / (c.level + 1.2) as gain,
      c.chunks - lead(c.chunks, 1, 0) over (partition by c.word order by c.level) as more
    from counted as c join rare as r on r.word = c.word
    where c.chunks between 1 and 500
  ), looked_up as (
    select distinct on (w.word) w.key
    from (select x.*, sum(x.more) over (order by x.gain desc, x.key) as chunks from worth as x) as w
    where w.chunks <= 500
    order by w.word, w.level
  )
  select
    (select c.length::double precision / nullif(c.chunks, 0) from counted as c where c.level = 0),
    array_agg(r.word) filter (where r.chunks > 0),
    array_agg(private.any_of(array[r.word])) filter (where r.chunks > 0),
    array_agg(r.rarity) filter (where r.chunks > 0),
    sum(r.rarity),
    (select array_agg(l.key) from looked_up as l)
  into v_average, v_words, v_queries, v_rarities, v_asked, v_keys
  from rare as r;

  return query
  select w.chunk_id, s.score, s.rarity / v_asked
  from private.chunk_words as w
  cross join lateral (
    -- Okapi BM25 with the usual k1 = 1.2 and b = 0.75. Divided first: an int times 0.75 would be a numeric, which is slow.
    select sum(a.rarity * 2.2 * f.frequency / (f.frequency + 1.2 * (0.25 + w.length / v_average * 0.75))) as score,
      sum(a.rarity) as rarity
    from unnest(v_words, v_queries, v_rarities) as a (word, query, rarity)
    cross join lateral (select coalesce((w.repeated -> a.word)::int, 1) as frequency) as f
    where w.keys @@ a.query
  ) as s
  where w.keys @@ private.any_of(v_keys)
  order by s.score desc, w.chunk_id
  limit 40;
end;
$$;
comment on function private.matching_chunks is
  'The 40 chunks that a question''s words match best, by BM25. coverage is the share of the question that a chunk has: of the '
  'rarities (inverse document frequencies) of its words, 1 for all of them. At most 500 chunks are scored: those that score '
  'best by one of the words alone.';

-- ---------------------------------------------------------------------------------------- private.vector_index
create table private.vector_index (
  one boolean primary key default true check (one),
  generation int not null default 0,
  embedding_model text,
  chunks int check (chunks > 0),
  lists int check (lists > 0),
  probes int check (probes > 0),
  built_at timestamptz,
  tuned boolean not null default false
);
comment on table private.vector_index is
  'The ivfflat index that searches go by: for which model and how many chunks it was built, in how many lists, of which probes '
  'are read. Null while searches are exact.';
comment on column private.vector_index.tuned is 'Whether probes has been measured; a cautious guess until then.';
insert into private.vector_index default values;
alter table private.vector_index enable row level security;

-- ---------------------------------------------------------------------------------------------- search by vectors
create function private.nearest_chunks(p_embedding extensions.vector, p_embedding_model text)
returns table (chunk_id uuid, source_id uuid, distance double precision)
language plpgsql stable rows 40 set search_path = '' as $$
declare
  v_probes constant int := (select x.probes from private.vector_index as x where x.embedding_model = p_embedding_model);
begin
  if p_embedding is null then
    return;
  elsif v_probes is null then
    return query
    -- "+ 0" keeps the planner off an index that was made for other vectors than there are.
    select d.id, d.source_id, (d.embedding operator(extensions.<=>) p_embedding) + 0
    from public.ai_kb_docs as d
    where d.embedding_model = p_embedding_model
    order by (d.embedding operator(extensions.<=>) p_embedding) + 0
    limit 40;
  else
    -- For this transaction. Iterative: where other models' vectors crowd the lists, more of them are read.
    perform set_config('ivfflat.probes', v_probes::text, true), set_config('ivfflat.iterative_scan', 'relaxed_order', true);
    return query
    select d.id, d.source_id, d.embedding operator(extensions.<=>) p_embedding
    from public.ai_kb_docs as d
    where d.embedding_model = p_embedding_model
    order by d.embedding::extensions.halfvec(512) operator(extensions.<=>) p_embedding::extensions.halfvec(512)
    limit 40;
  end if;
end;
$$;
comment on function private.nearest_chunks is
  'The 40 chunks of the same model that are nearest to an embedding, by cosine distance: all of them looked at while there is no '
  'index for so many. In no order that counts; none for no embedding.';

create function private.nearest_questions(p_embedding extensions.vector, p_embedding_model text)
returns table (source_id uuid, question text, similarity double precision, closeness double precision)
language plpgsql stable rows 8 set search_path = '' as $$
begin
  if p_embedding is null then
    return;
  end if;
  -- For this transaction. Iterative: entries of what was replaced are passed over.
  perform set_config('hnsw.iterative_scan', 'relaxed_order', true);
  return query
  with nearest as materialized (
    select q.source_id, q.content, 1 - (q.embedding operator(extensions.<=>) p_embedding) as similarity
    from private.questions as q
    where q.embedding_model = p_embedding_model
    order by q.embedding::extensions.halfvec(512) operator(extensions.<=>) p_embedding::extensions.halfvec(512)
    limit 20
  ), of_each as (
    select a.* from (select distinct on (n.source_id) n.* from nearest as n order by n.source_id, n.similarity desc) as a
    order by a.similarity desc
    limit 8 -- documents, of which each question and chunk may have to be looked at
  )
  select e.source_id, e.content, e.similarity, (e.similarity + 1 - (m.embedding operator(extensions.<=>) p_embedding)) / 2
  from of_each as e
  cross join lateral (
    -- Its angle is that of the sum, which is there in a quarter of the time of the mean.
    select extensions.sum(q.embedding) as embedding from private.questions as q
    where q.source_id = e.source_id and q.embedding_model = p_embedding_model
  ) as m
  order by e.similarity desc;
end;
$$;
comment on function private.nearest_questions is
  'Of the 20 questions of documents that are nearest to an embedding the nearest of each document, of 8 at most. closeness is '
  'halfway from its similarity to that of the mean of all that the document names: one question alone may be near by its wording. '
  'None for no embedding.';

-- --------------------------------------------------------------------------------------------------- both, fused
create function private.rank_chunks(
  p_query text, p_embedding extensions.vector, p_embedding_model text, p_min_score double precision
)
returns table (
  chunk_id uuid, similarity double precision, near_place bigint, words_score double precision, coverage double precision,
  words_place bigint, rank_score double precision, question text, question_similarity double precision, is_evidence boolean
)
language sql stable rows 80 set search_path = '' as $$
  with nearest as materialized (
    select n.chunk_id, n.source_id, 1 - n.distance as similarity from private.nearest_chunks(p_embedding, p_embedding_model) as n
  ), led_to as (
    -- By a question its document leads to the chunk that is nearest itself: mostly one of those, else all of its are looked at.
    select c.chunk_id, c.similarity, a.question, a.similarity as question_similarity, a.closeness
    from private.nearest_questions(p_embedding, p_embedding_model) as a
    cross join lateral (
      (select n.chunk_id, n.similarity from nearest as n where n.source_id = a.source_id order by n.similarity desc limit 1)
      union all
      (
        select d.id, 1 - (d.embedding operator(extensions.<=>) p_embedding) from public.ai_kb_docs as d
        where d.source_id = a.source_id and d.embedding_model = p_embedding_model
        order by (d.embedding operator(extensions.<=>) p_embedding) + 0 limit 1
      )
      limit 1
    ) as c
    where a.closeness > c.similarity
  ), close as (
    -- It takes the chunk not quite half the way to its questions: with more, documents that name none are lost behind those
    -- that do (docs/benchmarks.md, "Oblique questions").
    select chunk_id, coalesce(n.similarity, l.similarity) as similarity, l.question, l.question_similarity,
      coalesce(l.similarity + 0.45::double precision * (l.closeness - l.similarity), n.similarity) as closeness
    from nearest as n full join led_to as l using (chunk_id)
  ), least as (
    -- Where the nearest chunk shows that the knowledge base has something on it, others may be half as near.
    select case when max(n.similarity) >= p_min_score then p_min_score / 2 else p_min_score end as similarity from nearest as n
  ), near as materialized (
    select c.*, case when c.closeness >= l.similarity then row_number() over (order by c.closeness desc, c.chunk_id) end as place
    from close as c cross join least as l
  ), matching as materialized (
    select m.chunk_id, m.score, m.coverage, row_number() over (order by m.score desc, m.chunk_id) as place
    from private.matching_chunks(p_query) as m
  ), found as (
    -- Reciprocal rank fusion with the 60 of Cormack, Clarke and Buettcher (2009). Ranks alone would let the best of weak
    -- matches beat a good vector: words count .6, by the cube of how much of the question the best of them covers.
    select d.source_id, d.id as chunk_id, n.place as near_place, m.score, m.coverage, m.place as words_place, n.question,
      n.question_similarity,
      coalesce(n.similarity, case when d.embedding_model = p_embedding_model
        then 1 - (d.embedding operator(extensions.<=>) p_embedding) end) as similarity,
      coalesce(1 / (60 + n.place::double precision), 0) as by_meaning,
      coalesce(0.6::double precision * w.best ^ 3 / (60 + m.place::double precision), 0) as by_words
    from near as n full join matching as m using (chunk_id)
    join public.ai_kb_docs as d on d.id = chunk_id
    cross join (select max(x.coverage) as best from matching as x) as w
  ), judged as (
    select f.*, coalesce(f.similarity >= l.similarity, false) or coalesce(f.coverage >= 0.6, false) as is_evidence
    from found as f cross join least as l
  )
  -- One chunk of a document may be near and another have the words: its best one counts for both.
  select j.chunk_id, j.similarity, j.near_place, j.score, j.coverage, j.words_place,
    case when row_number() over (
      partition by j.source_id order by j.is_evidence desc, j.by_meaning + j.by_words desc, j.near_place, j.chunk_id
    ) = 1 then max(j.by_meaning) over document + max(j.by_words) over document else j.by_meaning + j.by_words end,
    j.question, j.question_similarity, j.is_evidence
  from judged as j
  window document as (partition by j.source_id);
$$;
comment on function private.rank_chunks is
  'The chunks near a question''s embedding, those of documents that name a question near it, and those matching its words, with '
  'both places and what they make together, and whether each is evidence by itself: with a cosine similarity of its own of at '
  'least p_min_score, or half of that where another has p_min_score; or with most of the question''s words by rarity.';

create function private.search_hybrid(
  p_query text, p_embedding extensions.vector, p_embedding_model text, p_limit int, p_min_score double precision
)
returns table (
  chunk_id uuid, source text, title text, heading text, version int, reviewed_on date, content text, token_count int,
  score double precision, rank_score double precision
)
language sql stable set search_path = '' as $$
  with ranked as materialized (
    select r.* from private.rank_chunks(p_query, p_embedding, p_embedding_model, p_min_score) as r
    where r.is_evidence
    order by r.rank_score desc, r.near_place, r.chunk_id
    limit p_limit
  )
  select d.id, d.source, d.metadata ->> 'title', d.metadata ->> 'heading', (d.metadata ->> 'version')::int,
    (d.metadata ->> 'reviewed_on')::date, d.content, d.token_count, coalesce(r.similarity, 0), r.rank_score
  from ranked as r
  join public.ai_kb_docs as d on d.id = r.chunk_id
  order by r.rank_score desc, r.near_place, r.chunk_id;
$$;
comment on function private.search_hybrid is
  'The p_limit chunks that are the best evidence for a question, best first: those near its embedding, by themselves or by what '
  'their document says it answers, and those matching its words, fused by their ranks. score is the cosine similarity of their '
  'own; 0 without an embedding of the same model. None is an honest answer. p_embedding may be null.';

create function public.search_knowledge(
  p_query text, p_embedding extensions.vector, p_embedding_model text, p_limit int, p_min_score double precision,
  p_context text default null, p_context_embedding extensions.vector default null, p_goes_on boolean default true
) returns jsonb
language sql stable security definer set search_path = '' as $$
  with alone as materialized (
    select to_jsonb(f) as passage, f.chunk_id, 2 * row_number() over (order by f.rank_score desc, f.score desc, f.chunk_id) as place
    from private.search_hybrid(p_query, p_embedding, p_embedding_model, p_limit, p_min_score) as f
  ), found as (
    select a.* from alone as a
    union all
    select to_jsonb(f), f.chunk_id, 1 + 2 * row_number() over (order by f.rank_score desc, f.score desc, f.chunk_id)
    from private.search_hybrid(p_context, p_context_embedding, p_embedding_model, p_limit, p_min_score) as f
    where p_context is not null and (p_goes_on or exists (select from alone))
  )
  select coalesce(jsonb_agg(b.passage order by b.place), '[]')
  from (
    select x.passage, x.place
    from (select distinct on (f.chunk_id) f.* from found as f order by f.chunk_id, f.place) as x
    order by x.place
    limit p_limit
  ) as b;
$$;
comment on function public.search_knowledge is
  'What private.search_hybrid finds, best first; an empty list where there is no evidence. With p_context, the query behind what it '
  'may go on from, in turns with what is found for that: a question that goes on is answered by the second, a new one by the first. '
  'Where the query alone finds nothing, the second counts only if p_goes_on: it must be clear that this is no new subject.';

create function public.explain_search(
  p_query text, p_embedding extensions.vector, p_embedding_model text, p_min_score double precision, p_limit int default 20
) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(to_jsonb(x) order by x.rank_score desc, x.similarity desc, x.chunk_id), '[]')
  from (
    select r.chunk_id, d.source, d.metadata ->> 'title' as title, d.metadata ->> 'heading' as heading,
      left(d.content, 600) as excerpt, r.similarity, r.question, r.question_similarity, r.near_place, r.words_score, r.coverage,
      r.words_place, r.rank_score, r.is_evidence
    from private.rank_chunks(p_query, p_embedding, p_embedding_model, p_min_score) as r
    join public.ai_kb_docs as d on d.id = r.chunk_id
    order by r.rank_score desc, r.similarity desc nulls last, r.chunk_id limit least(p_limit, 50)
  ) as x;
$$;
comment on function public.explain_search is
  'What private.search_hybrid looks at for one query, best first, also what is no evidence: both scores and places, what they make '
  'together, and the first 600 characters.';

-- -------------------------------------------------------------------------------------------------------- upkeep
create function private.build_vector_index(p_embedding_model text, p_chunks int) returns boolean
language plpgsql set search_path = '' as $$
declare
  -- Three times what pgvector advises: better recall for the same number of chunks looked at (make bench NAME=search).
  v_lists constant int := ceil(3 * sqrt(p_chunks));
  v_generation int;
begin
  -- It waits for those who write, and all who come after wait with it: not for long.
  perform set_config('lock_timeout', '2s', true), set_config('maintenance_work_mem', '256MB', true);
  update private.vector_index as x
  set generation = x.generation + 1, embedding_model = p_embedding_model, chunks = p_chunks, lists = v_lists,
    probes = least(v_lists / 3, greatest(ceil(sqrt(v_lists)), ceil(2400.0 * v_lists / p_chunks))), tuned = false,
    built_at = clock_timestamp()
  returning x.generation into v_generation;
  -- Of halves: half as much to read. What is found is compared by the whole vectors, which are in the table.
  execute format(
    'create index %I on public.ai_kb_docs using ivfflat '
    '((embedding::extensions.halfvec(512)) extensions.halfvec_cosine_ops) with (lists = %s)',
    'ai_kb_docs_embedding_idx_' || v_generation, v_lists
  );
  -- A planner that does not know how many chunks are of the model takes them for few and goes by another index.
  analyze public.ai_kb_docs (embedding_model);
  return true;
exception when lock_not_available then
  return false;
end;
$$;
comment on function private.build_vector_index is
  'Builds a new ivfflat index beside the old one. Searches go on by the old '
  'one; whoever writes chunks waits. False when somebody is writing and does not end.';

create function private.drop_old_vector_indexes() returns int
language plpgsql set search_path = '' as $$
declare
  v_current constant text := (select 'ai_kb_docs_embedding_idx_' || x.generation from private.vector_index as x);
  v_name text;
  v_dropped int := 0;
begin
  -- It waits for those who search, and all who come after wait with it: hardly at all.
  perform set_config('lock_timeout', '100ms', true);
  for v_name in
    select c.relname
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join pg_catalog.pg_am as a on a.oid = c.relam
    where i.indrelid = 'public.ai_kb_docs'::regclass and a.amname = 'ivfflat' and c.relname <> v_current
  loop
    execute format('drop index public.%I', v_name);
    v_dropped := v_dropped + 1;
  end loop;
  return v_dropped;
exception when lock_not_available then
  return 0;
end;
$$;
comment on function private.drop_old_vector_indexes is
  'Drops the ivfflat indexes that searches no longer go by and returns how many; 0 when the table is in use just now.';

create function private.neighbours(p_ids uuid[], p_embedding_model text) returns text[]
language sql stable set search_path = '' as $$
  select array_agg(p.id || ' ' || n.chunk_id)
  from unnest(p_ids) as p (id)
  join public.ai_kb_docs as d on d.id = p.id
  cross join lateral (
    select x.chunk_id from private.nearest_chunks(d.embedding, p_embedding_model) as x
    where x.chunk_id <> p.id order by x.distance, x.chunk_id limit 8
  ) as n;
$$;
comment on function private.neighbours is 'The 8 chunks that a search finds nearest to each of these, as pairs of ids.';

create function private.tune_vector_index() returns void
language plpgsql set search_path = '' as $$
declare
  x private.vector_index;
  v_most int;
  v_probes int;
  v_ids uuid[];
  v_wanted text[];
begin
  select * into strict x from private.vector_index;
  v_ids := array(
    select d.id from public.ai_kb_docs as d where d.embedding_model = x.embedding_model
    order by md5(d.id::text || x.generation) limit 200
  );
  v_most := x.lists / 3;
  update private.vector_index set probes = v_most, tuned = true;
  v_wanted := private.neighbours(v_ids, x.embedding_model);
  v_probes := ceil(sqrt(x.lists) / 4);
  while v_probes < v_most loop
    update private.vector_index set probes = v_probes;
    -- Questions lose up to a hundredth more than chunks do, being less like them.
    exit when 0.995 * cardinality(v_wanted) <= (
      select count(*) from unnest(private.neighbours(v_ids, x.embedding_model)) as found (pair)
      where found.pair = any (v_wanted)
    );
    v_probes := ceil(1.2 * v_probes);
  end loop;
  update private.vector_index set probes = least(v_probes, v_most);
end;
$$;
comment on function private.tune_vector_index is
  'Measures on 200 chunks how many lists a search must read to find .995 of the neighbours that a third of all lists '
  'hold, and has it read so many: that depends on how the vectors lie, not on their number alone.';

create function public.maintain_index(p_exact_below int default 2000) returns jsonb
language plpgsql
security definer
set search_path = ''
set statement_timeout = '60s' -- PostgREST makes it that of the whole call; Supabase lets no more through
as $$
declare
  v_folded int;
  v_model text;
  v_chunks int;
  v_built boolean := false;
  v_dropped int := 0;
  x private.vector_index;
begin
  if not pg_try_advisory_xact_lock(hashtext('maintain_index')) then
    return jsonb_build_object('busy', true);
  end if;
  v_folded := private.fold_word_counts();
  select d.embedding_model, count(*) into v_model, v_chunks
  from public.ai_kb_docs as d group by d.embedding_model order by count(*) desc limit 1;
  v_chunks := coalesce(v_chunks, 0);
  select * into strict x from private.vector_index;
  if v_chunks < p_exact_below / 2 then
    update private.vector_index as i set embedding_model = null, chunks = null, lists = null, probes = null
    where i.chunks is not null;
  elsif v_chunks >= p_exact_below
    and (x.embedding_model is distinct from v_model or v_chunks >= 2 * x.chunks or 2 * v_chunks <= x.chunks) then
    v_built := private.build_vector_index(v_model, v_chunks);
  elsif x.chunks is not null then
    -- Not in the transaction that builds: who waits there to write may have read, and each would wait for the other.
    v_dropped := private.drop_old_vector_indexes();
    -- Nor in the one that drops, which keeps searches out until it ends; and not before: the old index could be measured.
    if v_dropped = 0 and not x.tuned then
      perform private.tune_vector_index();
    end if;
  end if;
  return jsonb_build_object(
    'busy', false, 'chunks', v_chunks, 'keys_folded', v_folded, 'index_built', v_built, 'indexes_dropped', v_dropped,
    'probes', (select i.probes from private.vector_index as i)
  );
end;
$$;
comment on function public.maintain_index is
  'Upkeep of the search, for the sweep to call: folds the word counts, and builds the vector index when there are enough chunks '
  'for one, twice as many as it was built for (or half), or those of another model; the call after that drops the old one, the '
  'next one tunes the new one. Readers wait 0.1 s at most. Safe at any time; of two at once one does nothing.';

create function public.passages_named(p_names text[]) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'chunk_id', d.id, 'source', d.source, 'title', d.metadata ->> 'title', 'heading', d.metadata ->> 'heading',
    'version', (d.metadata ->> 'version')::int, 'reviewed_on', d.metadata ->> 'reviewed_on', 'content', d.content, 'score', 0, 'rank_score', 0
  ) order by d.id), '[]')
  from (select distinct substr(n, 2) as part from unnest(p_names[1:100]) as n where n ~ '^k[0-9a-f]{8}$') as named
  join public.ai_kb_docs as d
    on d.id between (named.part || '-0000-0000-0000-000000000000')::uuid and (named.part || '-ffff-ffff-ffff-ffffffffffff')::uuid;
$$;
comment on function public.passages_named is
  'The passages whose ids begin as agents name them (k and eight digits), at most 100 names: each as search_knowledge gives it, without scores.';

grant execute on function public.passages_named, public.search_knowledge, public.explain_search, public.maintain_index to service_role;

-- =====================================================================================================================
-- Actions: proposed by the coach, decided by the user, carried out once, taken back
-- =====================================================================================================================
-- Whatever an action changes is described by one function per type, private.action_<type>: it reads the state of what the
-- payload is about, and can write one. Versions, stale proposals, execution and undo all follow from those two: the
-- version of a target is the hash of its state, and the inverse of an action is the state before it.

set check_function_bodies = off; -- functions name what comes later

-- ------------------------------------------------------------------------------------------- ai_action_requests
create table public.ai_action_requests (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  session_id uuid not null,
  action_type text not null check (char_length(action_type) between 1 and 100),
  payload jsonb not null default '{}' check (jsonb_typeof(payload) = 'object'),
  status text not null default 'pending' check (status in ('pending', 'approved', 'rejected', 'executed', 'failed')),
  error_message text check (char_length(error_message) <= 2000),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  turn_id uuid references public.ai_chat_turns (id) on delete set null,
  message_id uuid references public.ai_chat_messages (id) on delete set null,
  tool_call_id text check (char_length(tool_call_id) <= 200),
  origin jsonb not null default '{}' check (jsonb_typeof(origin) = 'object'),
  payload_hash text not null default '',
  proposed_payload jsonb check (jsonb_typeof(proposed_payload) = 'object'),
  preview jsonb not null default '[]' check (jsonb_typeof(preview) = 'array'),
  target_version text not null default '',
  version int not null default 1 check (version >= 1),
  expires_at timestamptz not null default now() + interval '7 days',
  decision text check (decision in ('approved', 'rejected', 'expired')),
  decision_reason text check (char_length(decision_reason) <= 1000),
  decided_at timestamptz,
  dispatched_at timestamptz,
  executed_at timestamptz,
  result jsonb,
  state_before jsonb,
  applied_version text,
  undo_until timestamptz,
  undone_at timestamptz,
  foreign key (session_id, user_id) references public.ai_chat_sessions (id, user_id) on delete cascade,
  check ((status = 'pending') = (decision is null)),
  check ((decision is null) = (decided_at is null)),
  check ((status = 'rejected') = (coalesce(decision, '') in ('rejected', 'expired'))),
  check ((status = 'executed') = (executed_at is not null)),
  check (undone_at is null or status = 'executed')
);
comment on table public.ai_action_requests is
  'What the coach proposed and the user decided. Nothing happens before the user approves.';
comment on column public.ai_action_requests.payload is 'What is carried out: as proposed, or as the user edited it.';
comment on column public.ai_action_requests.proposed_payload is 'As the coach proposed it, where the user edited that.';
comment on column public.ai_action_requests.payload_hash is
  'sha256 of the payload; one that does not fit any more is never carried out.';
comment on column public.ai_action_requests.preview is 'What would change, by the server: [{path, before, after, unit}].';
comment on column public.ai_action_requests.target_version is 'Version of what it changes, as the preview shows it.';
comment on column public.ai_action_requests.version is 'Of the preview. A decision names the one that the user saw.';
comment on column public.ai_action_requests.origin is
  'Where the proposal comes from: question, model, prompt, the passages that the model had.';
comment on column public.ai_action_requests.decision is 'The seed has no status for expired: it is rejected, by nobody.';
comment on column public.ai_action_requests.dispatched_at is
  'When an effect outside of the database was begun. It is begun once.';
comment on column public.ai_action_requests.state_before is 'The inverse: what undo writes back.';
comment on column public.ai_action_requests.applied_version is
  'Version of the target right after the action. Undo needs it unchanged.';

create index ai_action_requests_session_id_idx
  on public.ai_action_requests (session_id, user_id, created_at desc, id desc);
create index ai_action_requests_user_id_status_idx on public.ai_action_requests (user_id, status, expires_at, id);
create index ai_action_requests_user_id_expires_at_idx on public.ai_action_requests (user_id, expires_at, id);
create index ai_action_requests_pending_idx on public.ai_action_requests (expires_at) where status = 'pending';
create index ai_action_requests_session_pending_idx on public.ai_action_requests (session_id, user_id) where status = 'pending';
create index ai_action_requests_approved_idx on public.ai_action_requests (dispatched_at) where status = 'approved';
create index ai_action_requests_turn_id_idx on public.ai_action_requests (turn_id);
create index ai_action_requests_message_id_idx on public.ai_action_requests (message_id);
create trigger ai_action_requests_set_updated_at before update on public.ai_action_requests
  for each row execute function private.set_updated_at();

alter table public.ai_action_requests enable row level security;
create policy "Owners use their action requests" on public.ai_action_requests for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_action_requests to authenticated, service_role;

-- ----------------------------------------------------------------------------------------------- types of actions
-- private.action_open_room is with the rooms.

create function private.action_update_profile(p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_empty constant jsonb := '{"goals": [], "equipment": [], "conditions": [], "medicines": []}';
  v_profile jsonb;
begin
  if p_write is not null then
    insert into public.ai_profile (user_id) values (p_user_id) on conflict do nothing;
    update public.ai_profile as p
    set (
      goals, experience_level, equipment, time_availability, injuries, time_zone, units, language, country, birth_year, sex,
      conditions, pregnant, medicines
    ) = (
      select n.goals, n.experience_level, n.equipment, n.time_availability, n.injuries, n.time_zone, n.units, n.language,
        n.country, n.birth_year, n.sex, n.conditions, n.pregnant, n.medicines
      from jsonb_populate_record(p, p_write) as n
    )
    where p.user_id = p_user_id;
  end if;
  select to_jsonb(p) into v_profile from public.ai_profile as p where p.user_id = p_user_id;
  return (
    select coalesce(jsonb_object_agg(k, coalesce(v_profile, v_empty) -> k), '{}')
    from jsonb_object_keys(p_payload) as k
  );
end;
$$;
comment on function private.action_update_profile is 'State: the fields of the profile that the payload names.';

create function private.action_create_workout_plan(
  p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null
) returns jsonb
language plpgsql set search_path = '' as $$
begin
  if p_write is not null then
    update public.workout_plans as w set is_active = false where w.user_id = p_user_id and w.is_active;
    if p_write -> 'plan' = 'null' then
      delete from public.workout_plans as w where w.id = p_action_id and w.user_id = p_user_id;
    else
      insert into public.workout_plans (id, user_id, content, is_active)
      values (p_action_id, p_user_id, p_write -> 'plan', false);
    end if;
    update public.workout_plans as w set is_active = true
    where w.id = (p_write -> 'active_plan' ->> 'id')::uuid and w.user_id = p_user_id;
  end if;
  return jsonb_build_object(
    'plan', (select w.content from public.workout_plans as w where w.id = p_action_id and w.user_id = p_user_id),
    'active_plan', (
      select jsonb_build_object('id', w.id, 'name', w.content -> 'name')
      from public.workout_plans as w where w.user_id = p_user_id and w.is_active
    )
  );
end;
$$;
comment on function private.action_create_workout_plan is
  'State: the plan of this action (null before it), and which plan is active. The plan has the action''s id.';

create function private.action_change_workout_plan(
  p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null
) returns jsonb
language plpgsql set search_path = '' as $$
begin
  if p_write is not null then
    update public.workout_plans as w set content = p_write -> 'plan'
    where w.id = (p_write ->> 'plan_id')::uuid and w.user_id = p_user_id;
  end if;
  return (
    select jsonb_build_object('plan_id', w.id, 'plan', w.content)
    from public.workout_plans as w where w.user_id = p_user_id and w.is_active
  );
end;
$$;
comment on function private.action_change_workout_plan is 'State: the active plan; null when there is none.';

create function private.action_log_workout(p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null)
returns jsonb
language plpgsql set search_path = '' as $$
begin
  if p_write -> 'workout' = 'null' then
    delete from public.workout_logs as l where l.id = p_action_id and l.user_id = p_user_id;
  elsif p_write is not null then
    insert into public.workout_logs (id, user_id, performed_on, content)
    values (p_action_id, p_user_id, (p_write -> 'workout' ->> 'performed_on')::date, p_write -> 'workout');
  end if;
  return jsonb_build_object(
    'workout', (select l.content from public.workout_logs as l where l.id = p_action_id and l.user_id = p_user_id)
  );
end;
$$;
comment on function private.action_log_workout is 'State: the workout of this action, null before it. It has the action''s id.';

create function private.action_remember(p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_memory text;
  v_replaced text;
begin
  if p_write ->> 'memory' is null and p_write is not null then
    delete from public.ai_memories as m where m.id = p_action_id and m.user_id = p_user_id;
    if p_write ->> 'replaced' is not null then
      insert into public.ai_memories (user_id, fact) values (p_user_id, p_write ->> 'replaced');
    end if;
  elsif p_write is not null then
    delete from public.ai_memories as m where m.user_id = p_user_id and m.fact = p_payload ->> 'replaces';
    insert into public.ai_memories (id, user_id, fact) values (p_action_id, p_user_id, p_write ->> 'memory');
  end if;
  select m.fact into v_memory from public.ai_memories as m where m.id = p_action_id and m.user_id = p_user_id;
  select m.fact into v_replaced from public.ai_memories as m
  where m.user_id = p_user_id and m.fact = p_payload ->> 'replaces' and m.id <> p_action_id limit 1;
  return jsonb_build_object(
    'memory', v_memory, 'replaced', v_replaced,
    'is_known', v_memory is null and exists (
      select from public.ai_memories as m where m.user_id = p_user_id and lower(m.fact) = lower(p_payload ->> 'fact')
    ),
    'is_full', v_memory is null and (
      select count(*) >= 100 from (select from public.ai_memories as m where m.user_id = p_user_id limit 100)
    )
  );
end;
$$;
comment on function private.action_remember is
  'State: the memory of this action, null before it and after the user changed it; the one that it is to replace; whether the fact is known '
  'already, or there is no room for another. It has the action''s id.';

create function private.action_webhook(p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null)
returns jsonb
language sql immutable set search_path = '' as $$
  select '{}'::jsonb;
$$;
comment on function private.action_webhook is 'Changes nothing in here: its effect is a request that a function sends.';

-- ------------------------------------------------------------------------------------------- state and its version
create function private.action_state(
  p_action_type text, p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null
) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_state jsonb;
begin
  execute format('select private.%I($1, $2, $3, $4)', 'action_' || p_action_type)
  into v_state using p_user_id, p_action_id, p_payload, p_write;
  return coalesce(v_state, 'null');
end;
$$;
comment on function private.action_state is
  'The state of what an action is about, after writing p_write if that is given. A type without its function is an error.';

create function private.document_hash(p_document jsonb) returns text
language sql immutable set search_path = '' as $$
  select encode(sha256(convert_to(coalesce(p_document, 'null')::text, 'UTF8')), 'hex');
$$;
comment on function private.document_hash is 'sha256 of a document.';

create function private.target_version(
  p_action_type text, p_user_id uuid, p_action_id uuid, p_payload jsonb, p_seen jsonb default null
) returns text
language plpgsql set search_path = '' as $$
declare
  v_state constant jsonb := private.action_state(p_action_type, p_user_id, p_action_id, p_payload);
begin
  -- Equal documents may be written differently (60 and 60.0): it is always the stored one that is hashed.
  return case when p_seen is null or p_seen = v_state then private.document_hash(v_state) else 'stale' end;
end;
$$;
comment on function private.target_version is
  'Version of what an action would change: the hash of its state; stale when that is not what was seen.';

-- ----------------------------------------------------------------------------------------- how actions are shown
create function private.action_json(a public.ai_action_requests) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', a.id, 'session_id', a.session_id, 'message_id', a.message_id, 'tool_call_id', a.tool_call_id,
    'action_type', a.action_type, 'status', a.status, 'version', a.version,
    'payload', a.payload, 'proposed_payload', a.proposed_payload, 'payload_hash', a.payload_hash,
    'preview', a.preview, 'target_version', a.target_version, 'origin', a.origin,
    'decision', a.decision, 'decision_reason', a.decision_reason, 'decided_at', private.utc(a.decided_at),
    'result', a.result, 'error_message', a.error_message, 'executed_at', private.utc(a.executed_at),
    'undo_until', private.utc(a.undo_until), 'undone_at', private.utc(a.undone_at),
    'expires_at', private.utc(a.expires_at), 'created_at', private.utc(a.created_at)
  );
$$;
comment on function private.action_json is 'An action as the API shows it.';

create function private.recent_actions(p_session_id uuid, p_user_id uuid, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(private.action_json(x::public.ai_action_requests) order by x.created_at, x.id), '[]')
  from (
    select a.* from public.ai_action_requests as a
    where a.session_id = p_session_id and a.user_id = p_user_id order by a.created_at desc, a.id desc limit p_limit
  ) as x;
$$;
comment on function private.recent_actions is 'The newest proposals of a session, oldest first.';

create function private.emit_action(a public.ai_action_requests, p_type text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_data constant jsonb := jsonb_build_object('action', private.action_json(a));
begin
  return jsonb_build_array(
    private.emit_event(private.session_stream(a.session_id), a.user_id, p_type, v_data),
    private.emit_event('user:' || a.user_id, a.user_id, p_type, v_data)
  );
end;
$$;
comment on function private.emit_action is 'Tells the session''s and the user''s stream; returns both events.';

create function private.action_outcome(p_outcome text, a public.ai_action_requests, p_events jsonb default '[]') returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'outcome', p_outcome, 'action', private.action_json(a), 'events', p_events,
    'listeners', private.listeners(a.user_id, private.session_stream(a.session_id)),
    'user_listeners', private.listeners(a.user_id, 'user:' || a.user_id)
  );
$$;
comment on function private.action_outcome is
  'What the functions below answer: {outcome, action, events, listeners, user_listeners}.';

-- ------------------------------------------------------------------------------------------------------- propose
create function private.pending_action(p_user_id uuid, p_action_type text, p_payload jsonb) returns uuid
language sql stable set search_path = '' as $$
  select a.id from public.ai_action_requests as a
  where a.user_id = p_user_id and a.status = 'pending' and a.expires_at > now()
    and a.action_type = p_action_type and a.payload = p_payload
  order by a.expires_at, a.id limit 1;
$$;
comment on function private.pending_action is
  'The proposal of this very thing, in whichever session, that waits for the user; null where there is none. Approved twice, it '
  'would be done twice.';

create function public.action_target(p_user_id uuid, p_action_type text, p_action_id uuid, p_payload jsonb) returns jsonb
language sql security definer set search_path = '' as $$
  select jsonb_build_object(
    'state', private.action_state(p_action_type, p_user_id, p_action_id, p_payload),
    'pending', private.pending_action(p_user_id, p_action_type, p_payload)
  );
$$;
comment on function public.action_target is
  '{state, pending}: the state of what a proposal would change, and the id of an equal proposal that waits for the user.';

create function private.new_proposals(t public.ai_chat_turns, p_actions jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(p.value order by p.ordinality), '[]')
  from jsonb_array_elements(p_actions) with ordinality as p
  where p.ordinality <= 3
    and private.pending_action(t.user_id, p.value ->> 'action_type', p.value -> 'payload') is null;
$$;
comment on function private.new_proposals is
  'At most three proposals of a turn, without those that wait for the user''s decision already.';

create function private.propose_actions(t public.ai_chat_turns, p_message_id uuid, p_actions jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  a public.ai_action_requests;
  p jsonb;
  v_events jsonb := '[]';
begin
  for p in select x.value from jsonb_array_elements(p_actions) as x loop
    insert into public.ai_action_requests (
      id, user_id, session_id, turn_id, message_id, tool_call_id, action_type, payload, payload_hash, preview, target_version,
      origin, expires_at
    )
    values (
      (p ->> 'id')::uuid, t.user_id, t.session_id, t.id, p_message_id, p ->> 'tool_call_id', p ->> 'action_type', p -> 'payload',
      private.document_hash(p -> 'payload'), p -> 'preview',
      private.target_version(p ->> 'action_type', t.user_id, (p ->> 'id')::uuid, p -> 'payload', p -> 'state'), p -> 'origin',
      now() + make_interval(secs => (p ->> 'seconds_to_live')::double precision)
    )
    returning * into a;
    v_events := v_events || private.emit_action(a, 'action.pending');
  end loop;
  return v_events;
end;
$$;
comment on function private.propose_actions is
  'Stores the proposals of a turn, as private.new_proposals gives them: [{id, tool_call_id, action_type, payload, state, preview, origin, '
  'seconds_to_live}], state being that from which the preview was made. Returns the events.';

create function private.remember_unasked(p_user_id uuid, p_turn_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  a public.ai_action_requests;
  v_state jsonb;
  v_events jsonb := '[]';
begin
  if not coalesce((
    select p.preferences -> 'remember_unasked' = 'true' from public.ai_profile as p where p.user_id = p_user_id
  ), false) then
    return v_events;
  end if;
  for a in
    select x.* from public.ai_action_requests as x
    where x.user_id = p_user_id and x.turn_id = p_turn_id and x.action_type = 'remember' and x.status = 'pending'
      and not x.origin @? '$.passages[*] ? (@.quoted == true)' -- a document has no say in what is known of a user
    order by x.created_at, x.id limit 3
  loop
    v_state := private.action_state('remember', p_user_id, a.id, a.payload);
    continue when (v_state -> 'is_known')::boolean or (v_state -> 'is_full')::boolean;
    update public.ai_action_requests as x
    set status = 'approved', decision = 'approved', decided_at = now(), decision_reason = 'allowed beforehand'
    where x.id = a.id returning x.* into a;
    v_events := v_events || private.emit_action(a, 'action.decided');
    a := private.carry_out_action(
      a, v_state, '{"replaced": null}'::jsonb || jsonb_build_object('memory', a.payload ->> 'fact'), 7 * 86400
    );
    v_events := v_events || private.emit_action(a, 'action.' || a.status);
  end loop;
  return v_events;
end;
$$;
comment on function private.remember_unasked is
  'Carries out what a turn proposed to remember, for a user whose preferences say remember_unasked; the user may undo it. '
  'What a document said waits for the user all the same. Returns the events.';

-- -------------------------------------------------------------------------------------------------------- decide
create function private.open_action(p_user_id uuid, p_action_id uuid) returns public.ai_action_requests
language plpgsql set search_path = '' as $$
declare
  a public.ai_action_requests;
begin
  perform private.lock_user(p_user_id);
  select x.* into a from public.ai_action_requests as x where x.id = p_action_id and x.user_id = p_user_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'action_not_found';
  end if;
  return a;
end;
$$;
comment on function private.open_action is 'An action of a user, locked until the transaction ends. PT404 action_not_found.';

create function private.expire_action(p_action_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  a public.ai_action_requests;
begin
  update public.ai_action_requests as x set status = 'rejected', decision = 'expired', decided_at = now()
  where x.id = p_action_id and x.status = 'pending'
  returning x.* into a;
  return private.action_outcome('expired', a, private.emit_action(a, 'action.expired'));
end;
$$;
comment on function private.expire_action is 'Ends a pending action whose time is over.';

create function private.decided_before(a public.ai_action_requests, p_decision text, p_same boolean) returns jsonb
language sql stable set search_path = '' as $$
  select private.action_outcome(
    case when a.decision = 'expired' then 'expired' when a.decision = p_decision and p_same then 'repeated' else 'decided' end, a
  );
$$;
comment on function private.decided_before is
  'What a decision meets that comes after another one: repeated when it is the same, decided when not, expired when too late.';

create function private.words_of_user(p_session_id uuid, p_user_id uuid, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(x.content order by x.created_at, x.id), '[]')
  from (
    select m.* from public.ai_chat_messages as m
    where m.session_id = p_session_id and m.user_id = p_user_id and m.role = 'user'
    order by m.created_at desc, m.id desc limit p_limit
  ) as x;
$$;
comment on function private.words_of_user is
  'The newest messages of a session''s user, oldest first: an age or a pregnancy may stand in them.';

create function private.seen(p_state jsonb, p_user_id uuid) returns text
language sql stable set search_path = '' as $$
  select private.document_hash(jsonb_build_array(p_state, private.athlete(p_user_id) - 'now'));
$$;
comment on function private.seen is 'One hash of all that an approval is checked against.';

create function public.action_for_decision(p_user_id uuid, p_action_id uuid, p_payload jsonb default null) returns jsonb
language sql security definer set search_path = '' as $$
  select jsonb_build_object(
    'action', private.action_json(a),
    'state', s.state,
    'seen', private.seen(s.state, p_user_id),
    'athlete', private.athlete(p_user_id),
    'words', private.words_of_user(a.session_id, p_user_id, 50)
  )
  from public.ai_action_requests as a,
    lateral private.action_state(a.action_type, p_user_id, a.id, coalesce(p_payload, a.payload)) as s (state)
  where a.id = p_action_id and a.user_id = p_user_id;
$$;
comment on function public.action_for_decision is
  'What must be looked at before an approval: {action, state, athlete, words, seen}; state is of what the payload would '
  'change, words what the user said in the session, newest last, seen to be given to approve_action. Null for an action '
  'that is not the user''s.';

create function public.approve_action(
  p_user_id uuid, p_action_id uuid, p_version int, p_payload jsonb, p_seen text, p_after jsonb,
  p_preview jsonb, p_undo_seconds double precision default null, p_external boolean default false
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  a public.ai_action_requests := private.open_action(p_user_id, p_action_id);
  v_payload constant jsonb := coalesce(p_payload, a.payload);
  v_state jsonb;
  v_events jsonb;
begin
  if a.status <> 'pending' then
    return private.decided_before(a, 'approved', coalesce(p_payload, a.proposed_payload, a.payload) = a.payload);
  end if;
  if a.expires_at <= now() then
    return private.expire_action(a.id);
  end if;
  if private.document_hash(a.payload) <> a.payload_hash then
    raise sqlstate 'PT409' using message = 'payload_changed';
  end if;
  if a.version <> p_version
    or a.target_version <> private.target_version(a.action_type, p_user_id, a.id, a.payload) then
    return private.action_outcome('stale', a);
  end if;
  v_state := private.action_state(a.action_type, p_user_id, a.id, v_payload);
  if private.seen(v_state, p_user_id) is distinct from p_seen then
    return private.action_outcome('moved', a);
  end if;

  update public.ai_action_requests as x
  set status = 'approved', decision = 'approved', decided_at = now(), preview = p_preview,
    payload = v_payload, payload_hash = private.document_hash(v_payload),
    proposed_payload = case when v_payload <> x.payload then x.payload end,
    dispatched_at = case when p_external then now() end
  where x.id = a.id
  returning x.* into a;
  v_events := private.emit_action(a, 'action.decided');
  if p_external then
    return private.action_outcome('dispatch', a, v_events);
  end if;
  a := private.carry_out_action(a, v_state, p_after, p_undo_seconds);
  return private.action_outcome(a.status, a, v_events || private.emit_action(a, 'action.' || a.status));
end;
$$;
comment on function public.approve_action is
  'Decides and, unless the effect is outside, carries out in the same transaction. p_payload replaces the proposed one (null: as '
  'proposed); p_seen is of what the caller checked and made p_after and p_preview from. Outcomes: executed, failed; '
  'dispatch: the caller, and nobody else, carries it out; repeated, decided, expired: an earlier decision stands; stale: what it '
  'changes is not what the user saw; moved: look again. PT404 action_not_found, PT409 payload_changed.';

create function private.carry_out_action(
  a public.ai_action_requests, p_state jsonb, p_after jsonb, p_undo_seconds double precision
) returns public.ai_action_requests
language plpgsql set search_path = '' as $$
declare
  v_applied jsonb;
begin
  begin
    v_applied := private.action_state(a.action_type, a.user_id, a.id, a.payload, p_after);
  exception when integrity_constraint_violation or data_exception then
    update public.ai_action_requests as x
    set status = 'failed', error_message = 'This could not be stored. Nothing was changed.'
    where x.id = a.id
    returning x.* into a;
    return a;
  end;
  update public.ai_action_requests as x
  set status = 'executed', executed_at = now(), result = v_applied, state_before = p_state,
    applied_version = private.document_hash(v_applied), undo_until = now() + make_interval(secs => p_undo_seconds)
  where x.id = a.id
  returning x.* into a;
  return a;
end;
$$;
comment on function private.carry_out_action is
  'Writes the state after an approved action; failed, and nothing written, where a rule of a table forbids it.';

create function public.refresh_proposal(
  p_user_id uuid, p_action_id uuid, p_version int, p_state jsonb, p_preview jsonb
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  a public.ai_action_requests := private.open_action(p_user_id, p_action_id);
  v_version constant text := private.target_version(
    a.action_type, p_user_id, a.id, a.payload, coalesce(p_state, 'null')
  );
begin
  if a.status = 'pending' and a.version = p_version and v_version not in ('stale', a.target_version) then
    update public.ai_action_requests as x
    set version = x.version + 1, preview = p_preview, target_version = v_version
    where x.id = a.id
    returning x.* into a;
  end if;
  return private.action_outcome('stale', a);
end;
$$;
comment on function public.refresh_proposal is
  'Gives a stale proposal a fresh preview, made from p_state, and a new version. Does nothing for one that is fresh or decided.';

create function public.reject_action(p_user_id uuid, p_action_id uuid, p_reason text default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  a public.ai_action_requests := private.open_action(p_user_id, p_action_id);
begin
  if a.status <> 'pending' then
    return private.decided_before(a, 'rejected', true);
  end if;
  if a.expires_at <= now() then
    return private.expire_action(a.id);
  end if;
  update public.ai_action_requests as x
  set status = 'rejected', decision = 'rejected', decision_reason = p_reason, decided_at = now()
  where x.id = a.id
  returning x.* into a;
  return private.action_outcome('rejected', a, private.emit_action(a, 'action.decided'));
end;
$$;
comment on function public.reject_action is
  'Outcomes: rejected; repeated, decided, expired: an earlier decision stands. PT404 action_not_found.';

create function public.finish_action(p_user_id uuid, p_action_id uuid, p_result jsonb, p_error_message text default null)
returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  a public.ai_action_requests := private.open_action(p_user_id, p_action_id);
begin
  if a.status <> 'approved' then
    return private.action_outcome('repeated', a);
  end if;
  update public.ai_action_requests as x
  set status = case when p_error_message is null then 'executed' else 'failed' end,
    executed_at = case when p_error_message is null then now() end, result = p_result, error_message = p_error_message
  where x.id = a.id
  returning x.* into a;
  return private.action_outcome(a.status, a, private.emit_action(a, 'action.' || a.status));
end;
$$;
comment on function public.finish_action is 'Records what became of an effect outside. Safe to repeat: the first record stands.';

-- ---------------------------------------------------------------------------------------------------------- undo
create function public.undo_action(p_user_id uuid, p_action_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  a public.ai_action_requests := private.open_action(p_user_id, p_action_id);
begin
  if a.undone_at is not null then
    return private.action_outcome('repeated', a);
  end if;
  if a.status <> 'executed' or a.undo_until is null then
    raise sqlstate 'PT409' using message = 'not_undoable';
  end if;
  if a.undo_until <= now() then
    raise sqlstate 'PT410' using message = 'undo_expired';
  end if;
  if private.target_version(a.action_type, p_user_id, a.id, a.payload) <> a.applied_version then
    raise sqlstate 'PT409' using message = 'target_changed';
  end if;
  perform private.action_state(a.action_type, p_user_id, a.id, a.payload, a.state_before);
  update public.ai_action_requests as x set undone_at = now() where x.id = a.id returning x.* into a;
  return private.action_outcome('undone', a, private.emit_action(a, 'action.undone'));
end;
$$;
comment on function public.undo_action is
  'Writes back what there was before. Outcomes: undone, repeated. PT404 action_not_found, PT409 not_undoable, PT410 '
  'undo_expired, PT409 target_changed: what the user changed later is never overwritten.';

grant execute on function public.action_target, public.action_for_decision, public.approve_action,
  public.refresh_proposal, public.reject_action, public.finish_action, public.undo_action
  to service_role;

-- =====================================================================================================================
-- The chat turn: begin_turn and finish_turn as its two round trips, check_turn before a question is embedded; a long one
-- also tells what it has streamed
-- =====================================================================================================================

set check_function_bodies = off; -- functions name what comes later

-- -------------------------------------------------------------------------------------------- how turns are shown
create function private.message_json(m public.ai_chat_messages) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', m.id, 'session_id', m.session_id, 'turn_id', m.turn_id, 'role', m.role, 'content', m.content,
    'token_count', m.token_count, 'metadata', m.metadata, 'created_at', private.utc(m.created_at)
  );
$$;
comment on function private.message_json is 'A message as the API shows it.';

create function private.turn_json(t public.ai_chat_turns) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', t.id, 'session_id', t.session_id, 'replaces', t.replaces, 'status', t.status, 'error_code', t.error_code,
    'partial_content', t.partial_content, 'cancel_requested', t.cancel_requested_at is not null,
    'started_at', private.utc(t.started_at), 'ended_at', private.utc(t.ended_at)
  );
$$;
comment on function private.turn_json is 'A turn as the API shows it.';

create function private.running_turn(p_session_id uuid, p_user_id uuid) returns public.ai_chat_turns
language plpgsql stable set search_path = '' as $$
declare
  t public.ai_chat_turns;
begin
  -- One at a time, so it is the newest: found at the same cost however many there were, and however many have just ended.
  select x.* into t from public.ai_chat_turns as x
  where x.session_id = p_session_id and x.user_id = p_user_id order by x.started_at desc limit 1;
  return case when t.status = 'running' then t end;
end;
$$;
comment on function private.running_turn is 'The turn that a session is at; null where there is none.';

create function private.turn_answer(p_turn_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'turn', private.turn_json(t), 'message', case when m.id is not null then private.message_json(m) end, 'usage', to_jsonb(u)
  )
  from public.ai_chat_turns as t
  cross join private.usage_snapshot(t.user_id) as u
  left join public.ai_chat_messages as m on m.turn_id = t.id and m.role = 'assistant'
  where t.id = p_turn_id and t.ended_at is not null;
$$;
comment on function private.turn_answer is
  'What became of a question: {turn, message, usage}, with the usage of now; null while the turn runs.';

create function private.turn_history(p_session_id uuid, p_user_id uuid, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', h.id, 'turn_id', h.turn_id, 'role', h.role, 'content', h.content, 'token_count', h.token_count, 'created_at', h.created_at
  ) order by h.created_at, h.id), '[]')
  from (
    select m.id, m.turn_id, m.role, m.content, m.token_count, m.created_at
    from public.ai_chat_messages as m
    left join public.ai_chat_turns as t on t.id = m.turn_id
    where m.session_id = p_session_id and m.user_id = p_user_id and m.replaced_by is null
      and (t.id is null or t.status in ('completed', 'cancelled'))
    order by m.created_at desc, m.id desc
    limit p_limit
  ) as h;
$$;
comment on function private.turn_history is
  'Of the newest messages of a session what a model is told, oldest first. Turns that run or failed are left out: they have no answer '
  'to go with.';

create function private.history_tokens(p_session_id uuid, p_user_id uuid, p_limit int) returns int
language sql stable set search_path = '' as $$
  select coalesce(sum(x.token_count), 0)::int from (
    select m.token_count from public.ai_chat_messages as m
    where m.session_id = p_session_id and m.user_id = p_user_id and m.replaced_by is null
    order by m.created_at desc, m.id desc limit p_limit
  ) as x;
$$;
comment on function private.history_tokens is 'How long the newest messages of a session are.';

create function private.questions_before(p_session_id uuid, p_user_id uuid, p_replaces uuid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(left(q.content, 500) order by q.created_at desc, q.id desc), '[]')
  from (
    select h.* from (
      select m.*
      from public.ai_chat_messages as m
      left join public.ai_chat_messages as r on r.id = p_replaces
      where m.session_id = p_session_id and m.user_id = p_user_id and m.replaced_by is null
        and (r.id is null or (m.created_at, m.id) < (r.created_at, r.id))
      order by m.created_at desc, m.id desc
      limit 12
    ) as h
    where h.role = 'user'
    order by h.created_at desc, h.id desc
    limit 3
  ) as q;
$$;
comment on function private.questions_before is
  'The beginnings of the three questions before a new one, or before the one that it replaces, newest first: what it may go on from.';

-- ----------------------------------------------------------------------------------------------- a question anew
create function private.messages_from(p_user_id uuid, p_session_id uuid, p_message_id uuid) returns uuid[]
language plpgsql stable set search_path = '' as $$
declare
  q public.ai_chat_messages;
  v_ids uuid[];
begin
  select m.* into q from public.ai_chat_messages as m
  where m.id = p_message_id and m.session_id = p_session_id and m.user_id = p_user_id and m.role = 'user' and m.replaced_by is null;
  if not found then
    raise sqlstate 'PT404' using message = 'message_not_found';
  end if;
  v_ids := array(
    select m.id from public.ai_chat_messages as m
    where m.user_id = p_user_id and m.session_id = p_session_id and m.replaced_by is null
      and m.created_at >= q.created_at and (m.created_at, m.id) >= (q.created_at, q.id)
      and m.role <> 'system' -- what a room has made stays
    order by m.created_at desc, m.id desc limit 101
  );
  if cardinality(v_ids) > 100 then
    raise sqlstate 'PT422' using message = 'message_too_old';
  end if;
  return v_ids;
end;
$$;
comment on function private.messages_from is
  'A question of the user''s and all that came after it. PT404 message_not_found, PT422 message_too_old for more than 100.';

create function private.replace_messages(t public.ai_chat_turns) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_ids constant uuid[] := private.messages_from(t.user_id, t.session_id, t.replaces);
  v_id uuid;
  v_events jsonb := '[]';
begin
  update public.ai_chat_sessions as s set summary = null, summary_until = null, summary_claimed_at = null
  where s.id = t.session_id and s.summary_until >= (select min(m.created_at) from public.ai_chat_messages as m where m.id = any (v_ids));
  update public.ai_chat_messages as m set replaced_by = t.id where m.id = any (v_ids);
  for v_id in
    select a.id from public.ai_action_requests as a
    where a.message_id = any (v_ids) and a.user_id = t.user_id and a.status = 'pending' order by a.created_at, a.id limit 300
  loop
    v_events := v_events || (private.expire_action(v_id) -> 'events');
  end loop;
  return jsonb_path_query_array(v_events, '$[*] ? (@.stream starts with "session:")');
end;
$$;
comment on function private.replace_messages is
  'Puts a turn into the place of the question that it asks anew, and of what came after that; proposals made there that nobody decided '
  'on expire. Returns the session''s events.';

-- ------------------------------------------------------------------------------------------ ending without an answer
create function private.fail_running_turn(
  p_turn_id uuid, p_error_code text, p_partial_content text default null, p_used jsonb default null
) returns jsonb
language plpgsql set search_path = '' as $$
declare
  t public.ai_chat_turns;
  v_used jsonb;
begin
  update public.ai_chat_turns as x
  set status = case when x.cancel_requested_at is null then 'failed' else 'cancelled' end,
    error_code = case when x.cancel_requested_at is null then p_error_code end,
    ended_at = clock_timestamp(), handover = null,
    partial_content = coalesce(nullif(p_partial_content, ''), x.partial_content)
  -- Not by its status: that would have the index of all running turns read, with whatever is dead in it.
  where x.id = p_turn_id and x.ended_at is null
  returning x.* into t;
  if not found then
    return null;
  end if;
  v_used := coalesce(p_used, t.used);
  if (v_used ->> 'tokens')::int > 0 then
    perform private.settle_usage(
      l.id, (v_used ->> 'tokens')::int, 0, (v_used ->> 'cost')::numeric, v_used ->> 'model',
      (v_used ->> 'estimated')::boolean, (v_used ->> 'cost_complete')::boolean
    )
    from public.ai_usage_ledger as l where l.turn_id = t.id;
  else
    perform private.release_usage(l.id) from public.ai_usage_ledger as l where l.turn_id = t.id;
  end if;
  -- The same request may be tried again under its key.
  delete from public.ai_idempotency_keys as i where i.turn_id = t.id;
  if t.replaces is not null then -- there is no better answer: those that it was to replace stand again
    update public.ai_chat_messages as m set replaced_by = null
    where m.replaced_by = t.id and m.id in (
      select x.id from public.ai_chat_messages as x
      where x.user_id = t.user_id and x.session_id = t.session_id order by x.created_at desc, x.id desc limit 110
    );
  end if;
  return private.emit_event(
    private.session_stream(t.session_id), t.user_id, 'turn.' || t.status, jsonb_build_object('turn', private.turn_json(t)),
    private.stored_turn(t)
  );
end;
$$;
comment on function private.fail_running_turn is
  'Ends a running turn as failed, or as cancelled if that was asked for: the user pays no message, but the tokens and the'
  ' cost in p_used {tokens, cost, model, estimated, cost_complete}, or where that is not known those of the last checkpoint;'
  ' what was streamed is kept. Returns the event;'
  ' null, and nothing changes, when the turn had ended before.';

create function private.fail_lost_turns(p_user_id uuid, p_at timestamptz) returns int
language sql set search_path = '' as $$
  select count(private.fail_running_turn(t.id, 'worker_lost'))::int
  from public.ai_chat_turns as t
  where t.user_id = p_user_id and t.status = 'running' and t.lease_until <= p_at;
$$;
comment on function private.fail_lost_turns is 'Ends the turns of a user whose worker must be dead; returns how many.';

create function public.fail_turn(
  p_user_id uuid, p_turn_id uuid, p_error_code text, p_partial_content text default null, p_used jsonb default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_session_id uuid;
  v_event jsonb;
begin
  perform private.lock_user(p_user_id);
  select x.session_id into v_session_id from public.ai_chat_turns as x where x.id = p_turn_id and x.user_id = p_user_id;
  if v_session_id is not null then
    v_event := private.fail_running_turn(p_turn_id, p_error_code, p_partial_content, p_used);
  end if;
  return jsonb_build_object(
    'events', case when v_event is null then '[]'::jsonb else jsonb_build_array(v_event) end,
    'listeners', private.listeners(p_user_id, private.session_stream(v_session_id))
  );
end;
$$;
comment on function public.fail_turn is
  'Ends a running turn without an answer, and charges what was used for it: {events, listeners}. Safe to repeat.';

-- ------------------------------------------------------------------------------------------------------- check_turn
create function private.refuse_after_failures(p_user_id uuid) returns void
language plpgsql set search_path = '' as $$
declare
  c_most constant int := 10; -- in an hour: a person tries again a few times, a program for ever
  v_oldest timestamptz;
begin
  -- The oldest of the newest so many: when it is an hour old, one more may be tried.
  select x.ended_at into v_oldest
  from public.ai_usage_ledger as l
  join public.ai_chat_turns as x on x.id = l.turn_id
  where l.user_id = p_user_id and l.created_at > now() - interval '2 hours' and l.status = 'settled'
    and x.status = 'failed' and x.ended_at > now() - interval '1 hour'
  order by x.ended_at desc
  offset c_most - 1 limit 1;
  if found then
    raise sqlstate 'PT429' using message = 'too_many_failures', detail = json_build_object(
      'retry_after', ceil(extract(epoch from v_oldest + interval '1 hour' - now()))::int
    )::text;
  end if;
end;
$$;
comment on function private.refuse_after_failures is
  'PT429 too_many_failures where ten turns failed within the hour after a model was paid: no message was charged for them.';

create function private.refuse_while_running(p_session_id uuid, p_user_id uuid) returns void
language plpgsql set search_path = '' as $$
declare
  t constant public.ai_chat_turns := private.running_turn(p_session_id, p_user_id);
begin
  if t.id is not null then
    raise sqlstate 'PT409' using
      message = 'turn_in_progress', detail = json_build_object('turn_id', t.id, 'retry_after', 2)::text;
  end if;
end;
$$;
comment on function private.refuse_while_running is 'PT409 turn_in_progress: a second question would not know the first one''s answer.';

create function public.check_turn(
  p_user_id uuid, p_session_id uuid, p_reserve_tokens int, p_reserve_cost numeric,
  p_idempotency_key text default null, p_request_hash text default null, p_replaces uuid default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  k public.ai_idempotency_keys;
  s record;
begin
  perform private.lock_user(p_user_id);
  perform private.fail_lost_turns(p_user_id, now());
  select * into k from public.ai_idempotency_keys as i
  where i.user_id = p_user_id and i.operation = 'send_message:' || p_session_id and i.key = p_idempotency_key
    and i.expires_at > now();
  if found and k.request_hash <> p_request_hash then
    raise sqlstate 'PT422' using message = 'idempotency_key_reused';
  elsif found then
    return jsonb_build_object('replayed', true, 'response', private.stored_answer(k));
  end if;
  perform from public.ai_chat_sessions as x where x.id = p_session_id and x.user_id = p_user_id;
  if not found then
    if p_idempotency_key is not null and not exists (select from auth.users as a where a.id = p_user_id) then
      raise sqlstate 'PT401' using message = 'account_gone'; -- as claiming the key would
    end if;
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  perform private.refuse_while_running(p_session_id, p_user_id);
  if p_replaces is not null then
    perform private.messages_from(p_user_id, p_session_id, p_replaces);
  end if;
  perform private.refuse_after_failures(p_user_id);
  perform private.release_expired(p_user_id, now());
  select * into s from private.usage_snapshot(p_user_id);
  if s.messages_used + s.messages_reserved + 1 > s.messages_limit
    or s.tokens_used + s.tokens_reserved + p_reserve_tokens > s.tokens_limit
    or s.cost_used + s.cost_reserved + p_reserve_cost > s.cost_limit then
    perform private.raise_quota_exceeded(p_user_id, p_reserve_tokens, 1, p_reserve_cost, now());
  end if;
  return jsonb_build_object(
    'replayed', false, 'serving_model', public.serving_model(),
    'questions_before', private.questions_before(p_session_id, p_user_id, p_replaces)
  );
end;
$$;
comment on function public.check_turn is
  'What begin_turn would refuse, before a question is embedded, which is paid: {replayed: true, response} of an earlier request, or '
  '{replayed: false, serving_model, questions_before}: with what to embed the question, and what it may go on from. Raises what '
  'begin_turn does. Claims nothing: begin_turn looks again.';

-- ----------------------------------------------------------------------------------------- what a worker is given
create function private.turn_work(t public.ai_chat_turns, m public.ai_chat_messages, p_history_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'replayed', false,
    'turn', private.turn_json(t),
    -- Only the first question gives a session its title.
    'first', n.before = 0 and s.title_source = 'question',
    'athlete', private.athlete(t.user_id, 84, 150),
    'actions', private.recent_actions(t.session_id, t.user_id, 10),
    'question', m.content,
    'question_id', m.id,
    'history', private.turn_history(t.session_id, t.user_id, p_history_limit - 1),
    'history_total', n.before,
    'summary', s.summary,
    'summary_until', private.utc(s.summary_until),
    'listeners', private.listeners(t.user_id, private.session_stream(t.session_id))
  )
  from public.ai_chat_sessions as s
  cross join (
    select count(*) - 1 as before from (
      select from public.ai_chat_messages as x
      where x.session_id = t.session_id and x.user_id = t.user_id and x.replaced_by is null limit 1001
    ) as counted
  ) as n
  where s.id = t.session_id;
$$;
comment on function private.turn_work is 'What a turn is answered from: all that begin_turn returns but passages and events.';

create function private.work_again(t public.ai_chat_turns, p_history_limit int) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_stream constant text := private.session_stream(t.session_id);
  m public.ai_chat_messages;
begin
  if t.ended_at is not null then
    raise sqlstate 'PT409' using message = 'turn_ended';
  end if;
  select x.* into strict m from public.ai_chat_messages as x where x.turn_id = t.id and x.role = 'user';
  return private.turn_work(t, m, p_history_limit) || jsonb_build_object('events', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'v', 1, 'stream', e.stream, 'seq', e.seq, 'type', e.type, 'ts', private.utc(e.created_at),
      'data', private.event_data(e::public.ai_events, private.message_json(m))
    )), '[]')
    from (
      select x.* from public.ai_events as x
      where x.user_id = t.user_id and x.stream = v_stream order by x.seq desc limit 10 -- little comes before the answer
    ) as e
    where e.type = 'turn.started' and e.data ->> 'message' = m.id::text
  ));
end;
$$;
comment on function private.work_again is
  'The work of a turn that has begun, and the event of its beginning. PT409 turn_ended when there is nothing left to do.';

create function private.passage_references(p_passages jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'chunk_id', p.value -> 'chunk_id', 'score', p.value -> 'score', 'rank_score', p.value -> 'rank_score'
  ) order by p.ordinality), '[]')
  from jsonb_array_elements(p_passages) with ordinality as p;
$$;
comment on function private.passage_references is 'Of passages what their chunks do not say.';

create function private.referenced_passages(p_references jsonb) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'source', d.source, 'title', d.metadata ->> 'title', 'heading', d.metadata ->> 'heading',
    'version', (d.metadata ->> 'version')::int, 'reviewed_on', d.metadata ->> 'reviewed_on', 'content', d.content, 'token_count', d.token_count
  ) || p.value order by p.ordinality), '[]')
  from jsonb_array_elements(p_references) with ordinality as p
  join public.ai_kb_docs as d on d.id = (p.value ->> 'chunk_id')::uuid;
$$;
comment on function private.referenced_passages is
  'The passages of private.passage_references again, best first, without those whose document has been replaced meanwhile.';

-- ---------------------------------------------------------------------------------------------------- begin_turn
create function public.begin_turn(
  p_user_id uuid, p_session_id uuid, p_content text, p_token_count int,
  p_embedding extensions.vector, p_embedding_model text, p_reserve_tokens int, p_reserve_cost numeric,
  p_idempotency_key text default null, p_request_hash text default null,
  p_history_limit int default 50, p_passage_limit int default 8, p_min_score double precision default 0,
  p_lease_seconds double precision default 900, p_free boolean default false,
  p_turn_id uuid default null, p_hand_over boolean default false, p_embedding_tokens int default 0, p_replaces uuid default null,
  p_context text default null, p_context_embedding extensions.vector default null, p_goes_on boolean default true,
  p_most_tokens int default null, p_most_cost numeric default null, p_most_history int default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_operation constant text := 'send_message:' || p_session_id;
  v_turn_id constant uuid := coalesce(p_turn_id, gen_random_uuid());
  v_searched constant boolean := not p_free and p_passage_limit > 0;
  v_share numeric; -- of what is reserved for a long conversation
  v_stored jsonb;
  v_passages jsonb := '[]';
  v_events jsonb := '[]';
  t public.ai_chat_turns;
  m public.ai_chat_messages;
begin
  perform private.lock_user(p_user_id);
  -- Before the key is claimed: the dead worker of an earlier attempt must not block it.
  perform private.fail_lost_turns(p_user_id, now());
  select x.* into t from public.ai_chat_turns as x
  where x.id = p_turn_id and x.session_id = p_session_id and x.user_id = p_user_id;
  if found then -- the answer to the first call was lost
    return private.work_again(t, p_history_limit) || jsonb_build_object(
      'searched', v_searched, 'passages', case when v_searched then public.search_knowledge(
        p_content, p_embedding, p_embedding_model, p_passage_limit, p_min_score, p_context, p_context_embedding, p_goes_on
      ) else '[]' end
    );
  end if;
  v_stored := private.claim_idempotency_key(p_user_id, v_operation, p_idempotency_key, p_request_hash, v_turn_id);
  if v_stored is not null then
    return jsonb_build_object('replayed', true, 'response', v_stored);
  end if;
  -- Stamps updated_at, so that the session moves to the top of the list.
  update public.ai_chat_sessions as s
  set updated_at = now(),
    title = case when o.title_source = 'none' then left(regexp_replace(p_content, '\s+', ' ', 'g'), 60) else s.title end,
    title_source = case when o.title_source = 'none' then 'question' else s.title_source end
  from public.ai_chat_sessions as o -- as it was before
  where s.id = p_session_id and s.user_id = p_user_id and o.id = s.id;
  if not found then
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  perform private.refuse_while_running(p_session_id, p_user_id);
  if v_searched then
    v_passages := public.search_knowledge(
      p_content, p_embedding, p_embedding_model, p_passage_limit, p_min_score, p_context, p_context_embedding, p_goes_on
    );
  end if;

  insert into public.ai_chat_turns (id, session_id, user_id, replaces, lease_until, handover)
  values (
    v_turn_id, p_session_id, p_user_id, p_replaces, now() + make_interval(secs => p_lease_seconds),
    case when p_hand_over then jsonb_build_object(
      'embedding_model', p_embedding_model, 'embedding_tokens', p_embedding_tokens, 'searched', v_searched,
      'passages', private.passage_references(v_passages)
    ) end
  )
  returning * into t;
  if p_replaces is not null then
    v_events := private.replace_messages(t);
  end if;
  if p_free then
    perform private.count_use(p_user_id, 'urgent_messages');
  else
    perform private.refuse_after_failures(p_user_id);
    v_share := least(1, private.history_tokens(p_session_id, p_user_id, p_history_limit)::numeric / nullif(p_most_history, 0));
    perform private.reserve_usage(
      p_user_id, p_reserve_tokens + coalesce(ceil((p_most_tokens - p_reserve_tokens) * v_share)::int, 0), 1,
      p_reserve_cost + coalesce((p_most_cost - p_reserve_cost) * v_share, 0), t.id, make_interval(secs => p_lease_seconds)
    );
  end if;
  insert into public.ai_chat_messages (session_id, user_id, turn_id, role, content, token_count)
  values (p_session_id, p_user_id, t.id, 'user', p_content, p_token_count)
  returning * into m;
  v_events := v_events || private.emit_event(
    private.session_stream(p_session_id), p_user_id, 'turn.started',
    jsonb_build_object('turn', private.turn_json(t), 'message', private.message_json(m)),
    private.stored_turn(t) || jsonb_build_object('message', m.id)
  );

  return private.turn_work(t, m, p_history_limit) || jsonb_build_object(
    'searched', v_searched, 'passages', v_passages, 'events', v_events
  );
end;
$$;
comment on function public.begin_turn is
  'Opens a turn in one transaction: idempotency, ownership, one turn at a time, quota, the question; returns {turn, '
  'first, athlete, actions, question, question_id, history, history_total (1000 for more), searched, passages, events, listeners}, '
  'or {replayed: true, response}. PT404 session_not_found, PT409 turn_in_progress or request_in_progress, PT422 '
  'idempotency_key_reused, PT429 quota_exceeded, too_many_failures or too_many_urgent_messages; each leaves nothing behind. p_free: '
  'nothing is reserved, as no model is asked. Else p_reserve is, and as much more as the newest messages are long: p_most_tokens and '
  'p_most_cost where they have p_most_history tokens or more. A worker that is not '
  'done after p_lease_seconds counts as dead. Safe to repeat under the same p_turn_id, with the same result; PT409 turn_ended '
  'where that turn has ended meanwhile. p_hand_over: another worker will claim the turn. p_passage_limit 0: nothing is '
  'searched. p_context: the question behind those that it may go on from; p_goes_on: that it does is clear from its words.';

create function public.claim_turn(
  p_user_id uuid, p_turn_id uuid, p_worker_id uuid, p_lease_seconds double precision, p_history_limit int default 50
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  t public.ai_chat_turns;
begin
  perform private.lock_user(p_user_id);
  update public.ai_chat_turns as x
  set worker_id = p_worker_id, lease_until = now() + make_interval(secs => p_lease_seconds)
  where x.id = p_turn_id and x.user_id = p_user_id and x.ended_at is null and x.lease_until > now()
    and x.handover is not null and coalesce(x.worker_id, p_worker_id) = p_worker_id
  returning x.* into t;
  if not found then
    return null;
  end if;
  return private.work_again(t, p_history_limit) || t.handover || jsonb_build_object(
    'passages', private.referenced_passages(t.handover -> 'passages')
  );
end;
$$;
comment on function public.claim_turn is
  'Takes over a turn that begin_turn left to another worker: what begin_turn returned, with embedding_model and '
  'embedding_tokens. Null where another one has claimed it, it has ended, or its time is over. Safe to repeat by the same '
  'worker.';

create function public.checkpoint_turn(
  p_user_id uuid, p_turn_id uuid, p_partial_content text, p_used jsonb default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  t public.ai_chat_turns;
begin
  update public.ai_chat_turns as x set partial_content = nullif(p_partial_content, ''), used = coalesce(p_used, x.used)
  where x.id = p_turn_id and x.user_id = p_user_id and x.ended_at is null -- as in fail_running_turn
  returning x.* into t;
  return jsonb_build_object(
    'proceed', found and t.cancel_requested_at is null,
    'listeners', private.listeners(p_user_id, private.session_stream(t.session_id))
  );
end;
$$;
comment on function public.checkpoint_turn is
  'Keeps what a running turn has streamed and used: {proceed, listeners}; proceed is false when it was cancelled or has ended.';

-- --------------------------------------------------------------------------------------------------- finish_turn
create function private.emit_turn_end(t public.ai_chat_turns, m public.ai_chat_messages, p_response jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_types text[] := array['turn.' || t.status];
  v_data jsonb[] := array[jsonb_build_object('turn', p_response -> 'turn', 'message_id', m.id)];
  v_stored jsonb[] := array[private.stored_turn(t) || jsonb_build_object('message_id', m.id)];
begin
  if m.id is not null then
    v_types := array['message.completed'] || v_types;
    v_data := array[jsonb_build_object('message', p_response -> 'message')] || v_data;
    v_stored := array[jsonb_build_object('message', m.id)] || v_stored;
  end if;
  return private.emit_events(private.session_stream(t.session_id), t.user_id, v_types, v_data, v_stored)
    || private.emit_event('user:' || t.user_id, t.user_id, 'usage.updated', jsonb_build_object('usage', p_response -> 'usage'), '{}');
end;
$$;
comment on function private.emit_turn_end is 'The events of a turn that has ended with what there is of an answer.';

create function public.finish_turn(
  p_user_id uuid, p_turn_id uuid, p_content text, p_token_count int, p_metadata jsonb,
  p_tokens int, p_cost numeric, p_model text, p_cost_complete boolean default true, p_estimated boolean default false,
  p_status text default 'completed', p_actions jsonb default '[]', p_free boolean default false
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  t public.ai_chat_turns;
  m public.ai_chat_messages;
  v_repeated boolean := false;
  v_charged boolean;
  v_actions jsonb;
  v_events jsonb := '[]';
  v_response jsonb;
begin
  perform private.lock_user(p_user_id);
  update public.ai_chat_turns as x
  set status = case when x.cancel_requested_at is null then p_status else 'cancelled' end, ended_at = clock_timestamp(),
    partial_content = null, handover = null, used = null
  where x.id = p_turn_id and x.user_id = p_user_id and x.ended_at is null -- as in fail_running_turn
  returning x.* into t;
  if found then
    v_charged := not (p_free and private.is_within_limits(p_user_id, 'free_answers'));
    perform private.settle_usage(
      l.id, p_tokens, v_charged::int, p_cost, p_model, p_estimated, p_cost_complete, p_charged => v_charged
    )
    from public.ai_usage_ledger as l where l.turn_id = t.id;
    v_actions := case when t.status = 'completed' then private.new_proposals(t, p_actions) else '[]' end;
    if p_content <> '' then
      insert into public.ai_chat_messages (session_id, user_id, turn_id, role, content, token_count, metadata)
      values (
        t.session_id, p_user_id, t.id, 'assistant', p_content, p_token_count,
        p_metadata || jsonb_build_object('status', t.status, 'actions', jsonb_path_query_array(v_actions, '$[*].id'))
      )
      returning * into m;
    end if;
    v_events := private.propose_actions(t, m.id, v_actions) || private.remember_unasked(p_user_id, t.id);
  else
    -- The first call may have been carried out although its answer was lost.
    v_repeated := true;
    select x.* into t from public.ai_chat_turns as x
    where x.id = p_turn_id and x.user_id = p_user_id and x.status in ('completed', 'cancelled');
    if not found then
      raise sqlstate 'PT409' using message = 'turn_ended';
    end if;
  end if;

  v_response := private.turn_answer(t.id);
  if not v_repeated then
    v_events := v_events || private.emit_turn_end(t, m, v_response);
  end if;
  return jsonb_build_object(
    'response', v_response,
    'events', v_events,
    'listeners', private.listeners(p_user_id, private.session_stream(t.session_id)),
    'user_listeners', private.listeners(p_user_id, 'user:' || p_user_id)
  );
end;
$$;
comment on function public.finish_turn is
  'Ends a running turn with its answer and the proposals in it (as cancelled and without them, if that was asked for '
  'meanwhile), settles its reservation and returns {response: {turn, message, usage}, events, listeners, user_listeners}.'
  ' p_free: the user is not charged, unless that has been so too often. Safe to repeat: an answer is stored and charged once. '
  'PT409 turn_ended when the turn has failed.';

-- --------------------------------------------------------------------------------------------------- cancel_turn
create function public.cancel_turn(p_user_id uuid, p_session_id uuid, p_turn_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  t public.ai_chat_turns;
begin
  perform private.lock_user(p_user_id);
  update public.ai_chat_turns as x set cancel_requested_at = coalesce(x.cancel_requested_at, now())
  where x.id = p_turn_id and x.session_id = p_session_id and x.user_id = p_user_id and x.ended_at is null
  returning x.* into t;
  if found and t.lease_until <= now() then
    perform private.fail_running_turn(t.id, 'worker_lost');
  end if;
  select x.* into t from public.ai_chat_turns as x
  where x.id = p_turn_id and x.session_id = p_session_id and x.user_id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'turn_not_found';
  end if;
  return private.turn_json(t);
end;
$$;
comment on function public.cancel_turn is
  'Asks the worker of a turn to stop, which it does at its next checkpoint. Safe to repeat; a turn that has ended stays as it '
  'is. PT404 turn_not_found.';

grant execute on function public.check_turn, public.begin_turn, public.claim_turn, public.checkpoint_turn, public.finish_turn,
  public.fail_turn, public.cancel_turn to service_role;

-- =====================================================================================================================
-- Rooms: a prompt, its tasks, what agents ask, the agents' messages, their files
-- =====================================================================================================================
-- Every function that changes a room first takes the lock of its owner, as the functions of usage do, and then the
-- room's row: agents of one room queue for milliseconds, and whatever else touches the owner's rows cannot deadlock with
-- them.

set check_function_bodies = off; -- functions name what comes later

-- -------------------------------------------------------------------------------------------------------- rooms
create table public.rooms (
  id uuid primary key default gen_random_uuid(),
  room_id text not null unique check (char_length(room_id) between 16 and 64),
  user_id uuid not null references auth.users (id) on delete cascade,
  task_prompt text not null check (char_length(task_prompt) between 1 and 8000),
  created_at timestamptz not null default now(),
  status text not null default 'pending' check (status in ('pending', 'active', 'processing', 'completed', 'failed')),
  llm_used text check (llm_used in ('OpenAI', 'Gemini', 'Mixed')),
  agents_used jsonb check (jsonb_typeof(agents_used) = 'array'),
  folder_path text not null check (char_length(folder_path) <= 1024),
  session_id uuid,
  run int not null default 1 check (run >= 1),
  part int not null default 1 check (part >= 1),
  follow_up text check (char_length(follow_up) between 1 and 8000),
  approve_plan boolean not null default false,
  hold text check (hold in ('pause', 'plan')),
  status_reason text check (char_length(status_reason) <= 100),
  issues jsonb not null default '[]' check (jsonb_typeof(issues) = 'array'),
  plan jsonb check (jsonb_typeof(plan) = 'object'),
  estimate jsonb check (jsonb_typeof(estimate) = 'object'),
  review jsonb check (jsonb_typeof(review) = 'object'),
  provider text check (provider in ('OpenAI', 'Gemini', 'Mixed')),
  agents jsonb not null default '[]' check (jsonb_typeof(agents) = 'array'),
  steer jsonb not null default '[]' check (jsonb_typeof(steer) = 'array'),
  is_shared boolean not null default false,
  token_limit int not null default 0 check (token_limit between 0 and 100000000),
  cost_limit numeric(12, 6) not null default 0 check (cost_limit between 0 and 10000),
  call_limit int not null default 0 check (call_limit between 0 and 10000),
  second_limit int not null default 0 check (second_limit between 0 and 604800),
  file_limit int not null default 0 check (file_limit between 0 and 1000),
  byte_limit bigint not null default 0 check (byte_limit between 0 and 10737418240),
  tokens_used bigint not null default 0 check (tokens_used >= 0),
  cost_used numeric(12, 6) not null default 0 check (cost_used >= 0),
  cost_complete boolean not null default true,
  estimated boolean not null default false,
  calls_used int not null default 0 check (calls_used >= 0),
  in_flight_tokens int check (in_flight_tokens >= 0),
  in_flight_cost numeric(12, 6) check (in_flight_cost >= 0),
  cut_calls text[] not null default '{}',
  worked_seconds double precision not null default 0 check (worked_seconds >= 0),
  processing_since timestamptz,
  warned boolean not null default false,
  execution_arn text check (char_length(execution_arn) <= 2048),
  alive_until timestamptz not null default now() + interval '1 hour',
  throttled_until timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  opened_at timestamptz not null default clock_timestamp(),
  foreign key (session_id, user_id) references public.ai_chat_sessions (id, user_id) on delete set null (session_id)
);
comment on table public.rooms is 'A task room: several agents work on one prompt and write files.';
comment on column public.rooms.room_id is 'Shareable id: sha256 of user id and timestamp. The key is id.';
comment on column public.rooms.folder_path is 'Prefix of the room''s files in the rooms bucket: rooms/{room_id}/.';
comment on column public.rooms.session_id is 'The chat from which it was opened.';
comment on column public.rooms.run is 'Executions of the state machine so far: a retry is a new one.';
comment on column public.rooms.part is '1: what task_prompt asks for; one more with each time that its owner went on with it.';
comment on column public.rooms.follow_up is 'What its owner asked for when the room was last gone on with.';
comment on column public.rooms.approve_plan is 'Its owner wants to see a plan before it runs.';
comment on column public.rooms.hold is 'Why no agent may ask its model: the owner paused it, or has a plan to look at.';
comment on column public.rooms.status_reason is
  'Why it waits or how it ended: input_requested, budget_reached, paused, plan_ready, completed_with_issues, cancelled, task_failed, …';
comment on column public.rooms.issues is 'What is missing or broken in what was delivered.';
comment on column public.rooms.plan is 'What the orchestrator planned besides the tasks: {criteria, origin, prompt_hash}.';
comment on column public.rooms.estimate is
  'What it will take, as it was thought before: {dollars: {low, high}, minutes: {low, high}, cost_complete, measured}.';
comment on column public.rooms.review is
  'What the reviewer last said: {criteria: [{criterion, met, reason, file}], round}; criteria null where there was no review.';
comment on column public.rooms.agents is 'The roles that the owner asked for; empty: whichever the plan needs.';
comment on column public.rooms.steer is 'What the owner told the agents meanwhile, oldest first.';
comment on column public.rooms.is_shared is 'Whoever is signed in and knows room_id may watch.';
comment on column public.rooms.cost_limit is 'US dollars.';
comment on column public.rooms.estimated is 'Some of what it used is the most that a call which was cut off can have used.';
comment on column public.rooms.in_flight_tokens is
  'The most that the running call of planning or review may use; null when there is none.';
comment on column public.rooms.cut_calls is
  'Whose call was charged the most it can have used when a run ended (private.call_of): what is recorded of it later is not charged again.';
comment on column public.rooms.worked_seconds is 'Time in processing before processing_since; waiting for the owner is free.';
comment on column public.rooms.opened_at is 'When its newest run was asked for.';
comment on column public.rooms.throttled_until is
  'Until when planning or review waits for a provider that has no capacity; null while it is asked.';
comment on column public.rooms.alive_until is 'When an open room that nobody has touched since must have lost its workflow.';

create index rooms_user_id_created_at_idx on public.rooms (user_id, created_at desc, id desc);
create index rooms_session_id_idx on public.rooms (session_id, user_id);
create index rooms_at_work_idx on public.rooms (status) where status in ('pending', 'processing');
create index rooms_open_idx on public.rooms (user_id) where status in ('pending', 'processing', 'active');
-- The ledger's table comes before this one.
alter table public.ai_usage_ledger add foreign key (room_id) references public.rooms (id) on delete set null;

alter table public.rooms enable row level security;
create policy "Owners use their rooms" on public.rooms for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.rooms to authenticated, service_role;

-- --------------------------------------------------------------------------------------------------- room_tasks
create table public.room_tasks (
  id uuid primary key default gen_random_uuid(),
  room_id uuid not null references public.rooms (id) on delete cascade,
  position int not null check (position >= 0),
  key text not null check (key ~ '^[a-z0-9_-]{1,20}$'),
  role text not null check (role in ('researcher', 'writer', 'coder')),
  brief text not null check (char_length(brief) between 1 and 8000),
  deliverables jsonb not null default '[]' check (jsonb_typeof(deliverables) = 'array' and char_length(deliverables::text) <= 4000),
  depends_on text[] not null default '{}' check (cardinality(depends_on) <= 20),
  round smallint not null default 0 check (round in (0, 1)),
  part int not null default 1 check (part >= 1),
  status text not null default 'pending'
    check (status in ('pending', 'running', 'waiting', 'done', 'failed', 'skipped', 'cancelled')),
  error_code text check (char_length(error_code) <= 100),
  attempt int not null default 0 check (attempt >= 0),
  summary text check (char_length(summary) <= 20000),
  calls int not null default 0 check (calls >= 0),
  tokens_used bigint not null default 0 check (tokens_used >= 0),
  cost_used numeric(12, 6) not null default 0 check (cost_used >= 0),
  in_flight_tokens int check (in_flight_tokens >= 0),
  in_flight_cost numeric(12, 6) check (in_flight_cost >= 0),
  lease interval,
  lease_until timestamptz,
  throttled_until timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  unique (room_id, part, key),
  check ((status = 'running') = (lease_until is not null)),
  check ((status in ('done', 'failed', 'skipped', 'cancelled')) = (ended_at is not null)),
  check (in_flight_tokens is null or status = 'running'),
  check (throttled_until is null or status = 'running')
);
comment on table public.room_tasks is 'What a room''s plan consists of: each task is done by one agent, and is done once.';
comment on column public.room_tasks.depends_on is 'Keys of the tasks of this room that come before.';
comment on column public.room_tasks.round is '0: planned, 1: repair after the review.';
comment on column public.room_tasks.part is 'Of the room, when it was planned.';
comment on column public.room_tasks.attempt is 'Counts the workers that took it; one that was overtaken can write no more.';
comment on column public.room_tasks.in_flight_tokens is 'The most that the running model call may use; null when there is none.';
comment on column public.room_tasks.throttled_until is
  'Until when it waits for a provider that has no capacity; no worker has it meanwhile.';
comment on column public.room_tasks.lease is 'How long a worker may be silent before it counts as dead.';

create index room_tasks_done_idx on public.room_tasks (ended_at desc) where status = 'done';

alter table public.room_tasks enable row level security;
create policy "Owners use the tasks of their rooms" on public.room_tasks for all to authenticated
  using (room_id in (select r.id from public.rooms as r where r.user_id = (select auth.uid())))
  with check (room_id in (select r.id from public.rooms as r where r.user_id = (select auth.uid())));
grant select on public.room_tasks to authenticated, service_role;

-- -------------------------------------------------------------------------------------------------- room_inputs
create table public.room_inputs (
  id uuid primary key default gen_random_uuid(),
  room_id uuid not null references public.rooms (id) on delete cascade,
  task_id uuid not null references public.room_tasks (id) on delete cascade,
  kind text not null check (kind in ('question', 'budget', 'hold')),
  question text check (char_length(question) <= 4000),
  answer text check (char_length(answer) <= 8000),
  asked_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null default clock_timestamp() + interval '7 days',
  answered_at timestamptz,
  closed_at timestamptz,
  check (answered_at is null or closed_at is null),
  check (answer is null or answered_at is not null)
);
comment on table public.room_inputs is 'What agents wait for: the owner''s answer, more budget, or (hold) that the room may go on.';
comment on column public.room_inputs.closed_at is 'When it ended without an answer, together with its task.';

create index room_inputs_room_id_asked_at_idx on public.room_inputs (room_id, asked_at, id);
create index room_inputs_task_id_idx on public.room_inputs (task_id);
create unique index room_inputs_one_open_idx on public.room_inputs (task_id) where answered_at is null and closed_at is null;

alter table public.room_inputs enable row level security;
create policy "Owners use the inputs of their rooms" on public.room_inputs for all to authenticated
  using (room_id in (select r.id from public.rooms as r where r.user_id = (select auth.uid())))
  with check (room_id in (select r.id from public.rooms as r where r.user_id = (select auth.uid())));
grant select on public.room_inputs to authenticated, service_role;

-- Beside the inputs, as no user may read these: they wake the workflow.
create table private.room_task_tokens (
  input_id uuid primary key references public.room_inputs (id) on delete cascade,
  token text not null check (char_length(token) between 1 and 4096),
  answered_at timestamptz
);
comment on table private.room_task_tokens is 'By which token of Step Functions the task that waits for an input goes on.';
comment on column private.room_task_tokens.answered_at is
  'When the input was answered: as long as the token is here, its task may not have been woken.';

create index room_task_tokens_answered_at_idx on private.room_task_tokens (answered_at) where answered_at is not null;

-- --------------------------------------------------------------------------------------------- room_file_versions
create table public.room_file_versions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  room_id uuid references public.rooms (id) on delete cascade,
  task_id uuid references public.room_tasks (id) on delete cascade,
  filename text not null check (octet_length(filename) between 1 and 255),
  version int check (version >= 1),
  key text not null check (char_length(key) between 1 and 1024),
  size bigint not null check (size >= 0),
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  mime text check (char_length(mime) <= 255),
  description text check (char_length(description) <= 2000),
  status text not null default 'draft' check (status in ('draft', 'published')),
  is_partial boolean not null default false,
  quotes_dropped int not null default 0 check (quotes_dropped >= 0),
  created_at timestamptz not null default clock_timestamp(),
  unique (room_id, filename, version),
  check ((status = 'published') = (version is not null)),
  check (status = 'draft' or room_id is not null)
);
comment on table public.room_file_versions is
  'Every version of a room''s files. Those of a task are drafts until it is done; those of the owner until a room takes them.';
comment on column public.room_file_versions.task_id is 'Which task made it; null for what the owner uploaded.';
comment on column public.room_file_versions.is_partial is 'Its task failed before it was done: what there was is kept.';
comment on column public.room_file_versions.quotes_dropped is 'Quotes that stood in no passage that they named.';
comment on column public.room_file_versions.key is 'Key of the object in the rooms bucket.';

create unique index room_file_versions_one_draft_idx on public.room_file_versions (task_id, filename) where status = 'draft';
create index room_file_versions_task_id_idx on public.room_file_versions (task_id);
create index room_file_versions_user_id_idx on public.room_file_versions (user_id, created_at);
create index room_file_versions_waiting_idx on public.room_file_versions (user_id, created_at) where room_id is null;

alter table public.room_file_versions enable row level security;
create policy "Owners use their versions" on public.room_file_versions for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.room_file_versions to authenticated, service_role;

-- -------------------------------------------------------------------------------------------------------- files
create table public.files (
  id uuid primary key default gen_random_uuid(),
  room_id uuid not null references public.rooms (id) on delete cascade,
  filename text not null check (octet_length(filename) between 1 and 255),
  file_path_on_server text not null check (char_length(file_path_on_server) between 1 and 1024),
  file_size_bytes bigint not null check (file_size_bytes >= 0),
  mime_type text check (char_length(mime_type) <= 255),
  created_at timestamptz not null default now(),
  description text check (char_length(description) <= 2000),
  version int not null default 1 check (version >= 1),
  sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  task_id uuid references public.room_tasks (id) on delete set null,
  unique (room_id, filename)
);
comment on table public.files is 'Files that a room''s agents used or made.';
comment on column public.files.file_path_on_server is 'Key of the object in the rooms bucket.';
comment on column public.files.version is 'The newest published one; the others are in room_file_versions.';

create index files_room_id_created_at_idx on public.files (room_id, created_at, id);
create index files_task_id_idx on public.files (task_id);

alter table public.files enable row level security;
create policy "Owners use the files of their rooms" on public.files for all to authenticated
  using (room_id in (select r.id from public.rooms as r where r.user_id = (select auth.uid())))
  with check (room_id in (select r.id from public.rooms as r where r.user_id = (select auth.uid())));
grant select on public.files to authenticated, service_role;

-- -------------------------------------------------------------------------------------------------- ai_messages
create table public.ai_messages (
  id uuid primary key default gen_random_uuid(),
  room_id uuid not null references public.rooms (id) on delete cascade,
  agent_name text not null check (char_length(agent_name) between 1 and 100),
  content text not null,
  response text,
  model_used text check (char_length(model_used) <= 200),
  tool_calls jsonb,
  "timestamp" timestamptz not null default now(),
  token_count integer check (token_count >= 0),
  task_id uuid references public.room_tasks (id) on delete cascade,
  attempt int check (attempt >= 0),
  step text check (char_length(step) between 1 and 50),
  provider text check (char_length(provider) <= 50),
  transcript jsonb not null default '[]' check (jsonb_typeof(transcript) = 'array'),
  milliseconds int check (milliseconds >= 0)
);
comment on table public.ai_messages is 'Every message between agents and between an agent and the system of a room.';
comment on column public.ai_messages.step is 'Which call of the attempt, or of the run where there is no task. Recorded once.';
comment on column public.ai_messages.transcript is
  'What this step added to the messages of the task''s agent and its tools: the next worker goes on from all of them.';
comment on column public.ai_messages.milliseconds is 'For how long the model was asked, until its answer was whole.';
comment on column public.ai_messages.provider is 'Who served the model: OpenAI, Gemini or another.';

create index ai_messages_room_id_timestamp_idx on public.ai_messages (room_id, "timestamp", id);
create unique index ai_messages_step_idx on public.ai_messages (room_id, task_id, attempt, step) nulls not distinct
  where step is not null;
create index ai_messages_task_id_idx on public.ai_messages (task_id);

alter table public.ai_messages enable row level security;
create policy "Owners use the messages of their rooms" on public.ai_messages for all to authenticated
  using (room_id in (select r.id from public.rooms as r where r.user_id = (select auth.uid())))
  with check (room_id in (select r.id from public.rooms as r where r.user_id = (select auth.uid())));
-- Without the transcript, in which also stands what was not safe to show.
grant select (
  id, room_id, agent_name, content, response, model_used, tool_calls, "timestamp", token_count, task_id, attempt, step, provider
) on public.ai_messages to authenticated;
grant select on public.ai_messages to service_role;

-- ------------------------------------------------------------------------------------------------ how it is shown
create function private.room_json(r public.rooms) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'room_id', r.room_id, 'session_id', r.session_id, 'task_prompt', r.task_prompt, 'status', r.status,
    'status_reason', r.status_reason, 'issues', r.issues, 'run', r.run, 'part', r.part, 'follow_up', r.follow_up, 'hold', r.hold, 'plan', r.plan, 'estimate', r.estimate, 'review', r.review, 'provider', r.provider,
    'agents', r.agents, 'is_shared', r.is_shared, 'llm_used', r.llm_used, 'agents_used', r.agents_used,
    'folder_path', r.folder_path, 'throttled_until', private.utc(r.throttled_until), 'created_at', private.utc(r.created_at),
    'started_at', private.utc(r.started_at), 'ended_at', private.utc(r.ended_at)
  );
$$;
comment on function private.room_json is 'A room as the API shows it; its owner sees the budget and the inputs besides.';

create function private.task_json(t public.room_tasks) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', t.id, 'key', t.key, 'position', t.position, 'role', t.role, 'brief', t.brief, 'deliverables', t.deliverables,
    'depends_on', t.depends_on, 'round', t.round, 'part', t.part, 'status', t.status, 'error_code', t.error_code, 'attempt', t.attempt,
    'summary', t.summary, 'calls', t.calls, 'throttled_until', private.utc(t.throttled_until), 'started_at', private.utc(t.started_at),
    'ended_at', private.utc(t.ended_at)
  );
$$;
comment on function private.task_json is 'A task as the API shows it.';

create function private.file_json(v public.room_file_versions) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object(
    'id', v.id, 'filename', v.filename, 'version', v.version, 'key', v.key, 'size', v.size, 'sha256', v.sha256, 'mime', v.mime,
    'description', v.description, 'task_id', v.task_id, 'status', v.status, 'is_partial', v.is_partial, 'quotes_dropped', v.quotes_dropped, 'created_at', private.utc(v.created_at)
  );
$$;
comment on function private.file_json is 'A version of a file as the backend sees it; clients do not need the key.';

create function private.tasks_json(p_room_id uuid, p_private boolean, p_part int default null) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(
    private.task_json(t)
    || case when p_private then jsonb_build_object('tokens_used', t.tokens_used, 'cost_used', t.cost_used) else '{}' end
    order by t.position
  ), '[]')
  from public.room_tasks as t
  where t.room_id = p_room_id and (p_part is null or (t.part = p_part and t.error_code is distinct from 'removed'));
$$;
comment on function private.tasks_json is
  'A room''s tasks in their order; for its owner with what they used. Of a part only those that its owner has not taken out.';

create function private.files_json(p_room_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(private.file_json(v) order by f.created_at, f.id), '[]')
  from public.files as f
  join public.room_file_versions as v on v.room_id = f.room_id and v.filename = f.filename and v.version = f.version
  where f.room_id = p_room_id;
$$;
comment on function private.files_json is 'The newest published version of each file of a room.';

create function private.inputs_json(p_room_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', i.id, 'task_id', i.task_id, 'kind', i.kind, 'question', i.question, 'answer', i.answer, 'asked_at', private.utc(i.asked_at),
    'expires_at', private.utc(i.expires_at), 'answered_at', private.utc(i.answered_at), 'closed_at', private.utc(i.closed_at)
  ) order by i.asked_at, i.id), '[]')
  from public.room_inputs as i where i.room_id = p_room_id;
$$;
comment on function private.inputs_json is 'What a room''s agents asked its owner.';

create function private.room_stream(p_room_id uuid) returns text
language sql immutable set search_path = '' as $$
  select 'room:' || p_room_id;
$$;
comment on function private.room_stream is 'The stream of a room''s events.';

create function private.emit_room(r public.rooms, p_stream text default null) returns jsonb
language sql set search_path = '' as $$
  -- Prompt and plan may be larger than a frame, and the conversation is the owner's alone.
  select private.emit_event(
    coalesce(p_stream, private.room_stream(r.id)), r.user_id, 'room.updated',
    jsonb_build_object('room', private.room_json(r) - array['task_prompt', 'follow_up', 'plan', 'estimate', 'review']
      - case when p_stream like 'user:%' then '{}'::text[] else array['session_id'] end)
  );
$$;
comment on function private.emit_room is 'Tells a stream, the room''s own unless another is named, what the room is like now; returns the event.';

create function private.emit_task(r public.rooms, t public.room_tasks, p_type text) returns jsonb
language sql set search_path = '' as $$
  select private.emit_event(
    private.room_stream(r.id), r.user_id, p_type,
    jsonb_build_object('task', private.task_json(t) - array['brief', 'attempt'] || jsonb_build_object('summary', left(t.summary, 1000)))
  );
$$;
comment on function private.emit_task is 'Tells a room''s stream of a task; returns the event. Small enough for a frame.';

create function private.watchers(r public.rooms) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(w.connection_id), '[]')
  from public.websocket_subscriptions as w
  where r.is_shared and w.stream = private.room_stream(r.id) and w.user_id <> r.user_id;
$$;
comment on function private.watchers is 'The listeners of a shared room that are not its owner''s.';

create function private.events_to_show(p_events jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select coalesce(jsonb_agg(
    case when e ->> 'type' like 'budget.%' then e || '{"type": "event.withheld", "data": {}}' else e end order by i
  ), '[]')
  from jsonb_array_elements(p_events) with ordinality as x (e, i)
  where e ->> 'stream' like 'room:%';
$$;
comment on function private.events_to_show is
  'Events of a room as whoever watches it is told them: nothing of the budget, and yet no hole in their seqs.';

create function private.room_response(p_room_id uuid, p_events jsonb, p_more jsonb default '{}') returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'room', private.room_json(r), 'events', p_events, 'listeners', private.listeners(r.user_id, private.room_stream(r.id)),
    'user_listeners', private.listeners(r.user_id, 'user:' || r.user_id)
  ) || case when w.ids <> '[]' then jsonb_build_object('watchers', w.ids, 'shown', private.events_to_show(p_events)) else '{}' end
    || case when r.session_id is not null and p_events <> '[]'
      then jsonb_build_object('session_listeners', private.listeners(r.user_id, private.session_stream(r.session_id))) else '{}' end || p_more
  from public.rooms as r, lateral private.watchers(r) as w (ids)
  where r.id = p_room_id;
$$;
comment on function private.room_response is
  'What the functions of rooms answer: {room, events, listeners, user_listeners} and more, {session_listeners} for a room of a conversation. Where others watch, also {watchers: '
  'which of the listeners they are, shown: the events as they are told them}.';

-- ---------------------------------------------------------------------------------------------- finding and locking
create function private.room_key(p_room text) returns uuid
language sql stable set search_path = '' as $$
  select r.id from public.rooms as r
  where r.room_id = p_room
    or r.id = case when p_room ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_room::uuid end;
$$;
comment on function private.room_key is 'The id of the room that has this id or room_id; null when there is none.';

create function private.lock_room(p_room_id uuid) returns public.rooms
language plpgsql set search_path = '' as $$
declare
  r public.rooms;
begin
  perform private.lock_user(x.user_id) from public.rooms as x where x.id = p_room_id;
  select x.* into r from public.rooms as x where x.id = p_room_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'room_not_found';
  end if;
  return r;
end;
$$;
comment on function private.lock_room is 'A room, which nobody else changes until the transaction ends. PT404 room_not_found.';

create function private.lock_own_room(p_user_id uuid, p_room text) returns public.rooms
language plpgsql set search_path = '' as $$
declare
  r public.rooms;
begin
  perform private.lock_user(p_user_id);
  select x.* into r from public.rooms as x where x.id = private.room_key(p_room) and x.user_id = p_user_id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'room_not_found';
  end if;
  return r;
end;
$$;
comment on function private.lock_own_room is 'The same for a room of a user, by its id or room_id.';

create function private.is_open(r public.rooms) returns boolean
language sql immutable set search_path = '' as $$
  select r.status in ('pending', 'processing', 'active');
$$;
comment on function private.is_open is 'Whether a room has not ended.';

create function private.holds_task(r public.rooms, p_task_id uuid, p_attempt int) returns boolean
language sql stable set search_path = '' as $$
  select private.is_open(r) and case when p_task_id is null then r.run = coalesce(p_attempt, r.run) else exists (
    select 1 from public.room_tasks as t
    where t.id = p_task_id and t.room_id = r.id and t.status = 'running' and t.attempt = coalesce(p_attempt, t.attempt)
  ) end;
$$;
comment on function private.holds_task is
  'Whether a worker may go on: the room is open, and the task is still with this attempt (null, planning or review: the room with this run).';

create function private.call_of(p_task_id uuid, p_attempt int) returns text
language sql immutable set search_path = '' as $$
  select concat_ws('/', p_task_id, p_attempt);
$$;
comment on function private.call_of is
  'Names the one call that a worker can have in flight: by its task and attempt; by the run where it plans or reviews.';

-- ------------------------------------------------------------------------------------------------ status and time
create function private.seconds_worked(r public.rooms) returns double precision
language sql
volatile
set search_path = ''
as $$
  select r.worked_seconds + greatest(0, coalesce(extract(epoch from clock_timestamp() - r.processing_since), 0));
$$;
comment on function private.seconds_worked is 'How long agents have been at work in a room, in seconds.';

create function private.set_room_status(r public.rooms, p_status text, p_reason text default null) returns jsonb
language plpgsql set search_path = '' as $$
declare
  n public.rooms;
begin
  if r.status = p_status and r.status_reason is not distinct from p_reason then
    return '[]';
  end if;
  update public.rooms as x
  set status = p_status, status_reason = p_reason, worked_seconds = private.seconds_worked(x),
    processing_since = case when p_status = 'processing' then clock_timestamp() end,
    opened_at = case when p_status = 'pending' then clock_timestamp() else x.opened_at end,
    started_at = case when p_status = 'processing' then coalesce(x.started_at, clock_timestamp()) else x.started_at end,
    ended_at = case when p_status in ('completed', 'failed') then clock_timestamp() end
  where x.id = r.id
  returning x.* into n;
  return jsonb_build_array(private.emit_room(n)) || case
    when r.status = 'pending' and p_status = 'processing' then '[]'
    else jsonb_build_array(private.emit_room(n, 'user:' || n.user_id))
  end;
end;
$$;
comment on function private.set_room_status is
  'Moves a room on and its clock with it; returns the events, none when nothing changed. That it waits, goes on or has ended its '
  'owner''s stream is told too, for an app that shows no room at the moment.';

create function private.pause_room(p_room_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  r public.rooms;
  v_reason text;
begin
  select x.* into strict r from public.rooms as x where x.id = p_room_id;
  select case when bool_or(i.kind = 'budget') then 'budget_reached' when bool_or(i.kind = 'question') then 'input_requested'
    when count(*) > 0 then case r.hold when 'plan' then 'plan_ready' else 'paused' end end into v_reason
  from public.room_inputs as i where i.room_id = r.id and i.answered_at is null and i.closed_at is null;
  if v_reason is null then
    return case when r.status = 'active' then private.set_room_status(r, 'processing') else '[]' end;
  end if;
  if exists (select 1 from public.room_tasks as t where t.room_id = r.id and t.status = 'running') then
    return '[]';
  end if;
  return private.set_room_status(r, 'active', v_reason);
end;
$$;
comment on function private.pause_room is
  'Says that a room waits for its owner when nothing else goes on in it, and that it goes on when it waits no more; '
  'returns the events.';

-- =====================================================================================================================
-- The budget of a room: reserved from the week when it is created, settled when it ends
-- =====================================================================================================================
-- In between, used + in flight <= limit holds for each of its limits, whoever asks at the same time.

create function private.default_budget() returns jsonb
language sql immutable set search_path = '' as $$
  -- A fifth of the free plan's week.
  select '{"tokens": 200000, "cost": 0.20, "calls": 100, "seconds": 3600, "files": 50, "bytes": 20971520}'::jsonb;
$$;
comment on function private.default_budget is 'What a room may use where nothing else was said: cost in US dollars.';

create function private.in_flight(r public.rooms, p_except uuid default null, out tokens bigint, out cost numeric, out calls int)
language sql stable set search_path = '' as $$
  select coalesce(sum(f.tokens), 0)::bigint, coalesce(sum(f.cost), 0), count(f.tokens)::int
  from (
    select t.in_flight_tokens, t.in_flight_cost from public.room_tasks as t
    where t.room_id = r.id and t.in_flight_tokens is not null and t.id is distinct from p_except
    union all
    select x.in_flight_tokens, x.in_flight_cost from public.rooms as x where x.id = r.id and p_except is not null
  ) as f (tokens, cost);
$$;
comment on function private.in_flight is
  'The most that a room''s running model calls may use, without that of one task (null: that of planning and review).';

create function private.room_usage(p_room_id uuid, out files int, out bytes bigint)
language sql stable set search_path = '' as $$
  select count(distinct v.filename)::int, coalesce(sum(v.size), 0)::bigint
  from public.room_file_versions as v where v.room_id = p_room_id;
$$;
comment on function private.room_usage is 'How many files a room has, drafts with them, and how many bytes in all their versions.';

create function private.limit_reached(
  r public.rooms, p_task_id uuid, p_tokens int, p_cost numeric, out name text, out held boolean
)
language sql
volatile
set search_path = ''
as $$
  select l.name, l.held
  from private.in_flight(r, p_task_id) as f, lateral (
    values
      ('tokens', r.tokens_used + f.tokens + p_tokens > r.token_limit, r.tokens_used + p_tokens <= r.token_limit),
      ('cost', r.cost_used + f.cost + p_cost > r.cost_limit, r.cost_used + p_cost <= r.cost_limit),
      ('calls', r.calls_used + f.calls + 1 > r.call_limit, r.calls_used + 1 <= r.call_limit),
      ('seconds', private.seconds_worked(r) >= r.second_limit, false)
  ) as l (name, reached, held)
  where l.reached
  order by l.held limit 1;
$$;
comment on function private.limit_reached is
  'The limit that stands in the way of a model call which may use this much, and whether it is only held by calls that are '
  'under way: {name, held}; no row when none does.';

create function private.room_budget(r public.rooms) returns jsonb
language sql
volatile
set search_path = ''
as $$
  select jsonb_build_object(
    'limits', jsonb_build_object(
      'tokens', r.token_limit, 'cost', r.cost_limit, 'calls', r.call_limit, 'seconds', r.second_limit, 'files', r.file_limit,
      'bytes', r.byte_limit
    ),
    'used', jsonb_build_object(
      'tokens', r.tokens_used, 'cost', r.cost_used, 'calls', r.calls_used, 'seconds', round(private.seconds_worked(r)::numeric, 3),
      'files', s.files, 'bytes', s.bytes
    ),
    'cost_complete', r.cost_complete, 'estimated', r.estimated
  )
  from private.room_usage(r.id) as s;
$$;
comment on function private.room_budget is 'A room''s limits and what is used of them: {limits, used, cost_complete, estimated}.';

create function private.warn_of_budget(p_room_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  r public.rooms;
  v_budget jsonb;
  v_limit text;
  v_share numeric;
begin
  select x.* into strict r from public.rooms as x where x.id = p_room_id;
  if r.warned then
    return '[]';
  end if;
  v_budget := private.room_budget(r);
  select l.key, (v_budget -> 'used' ->> l.key)::numeric / nullif(l.value::numeric, 0) into v_limit, v_share
  from jsonb_each_text(v_budget -> 'limits') as l
  order by 2 desc nulls last limit 1;
  if v_share < 0.8 or v_share is null then
    return '[]';
  end if;
  update public.rooms as x set warned = true where x.id = r.id;
  return jsonb_build_array(private.emit_event(
    private.room_stream(r.id), r.user_id, 'budget.warning', jsonb_build_object('limit', v_limit, 'share', round(v_share, 2))
  ));
end;
$$;
comment on function private.warn_of_budget is 'The event that four fifths of a limit are used: once, until the budget is raised.';

create function private.reserve_for_room(r public.rooms, p_tokens bigint, p_cost numeric) returns void
language plpgsql set search_path = '' as $$
declare
  v_reservation_id constant uuid := private.reserve_usage(r.user_id, p_tokens::int, 0, p_cost);
begin
  update public.ai_usage_ledger as l set room_id = r.id, expires_at = 'infinity', created_at = clock_timestamp()
  where l.id = v_reservation_id;
end;
$$;
comment on function private.reserve_for_room is 'Takes a part of a room''s budget from this week. PT429 quota_exceeded.';

create function private.raise_budget(r public.rooms, p_limits jsonb) returns void
language plpgsql set search_path = '' as $$
declare
  n public.rooms;
begin
  update public.rooms as x
  set token_limit = coalesce((p_limits ->> 'tokens')::int, x.token_limit),
    cost_limit = coalesce((p_limits ->> 'cost')::numeric, x.cost_limit),
    call_limit = coalesce((p_limits ->> 'calls')::int, x.call_limit),
    second_limit = coalesce((p_limits ->> 'seconds')::int, x.second_limit),
    file_limit = coalesce((p_limits ->> 'files')::int, x.file_limit),
    byte_limit = coalesce((p_limits ->> 'bytes')::bigint, x.byte_limit),
    warned = false
  where x.id = r.id
  returning x.* into n;
  if n.token_limit < r.token_limit or n.cost_limit < r.cost_limit or n.call_limit < r.call_limit
    or n.second_limit < r.second_limit or n.file_limit < r.file_limit or n.byte_limit < r.byte_limit then
    raise sqlstate 'PT422' using message = 'budget_lowered';
  end if;
  if n.token_limit > r.token_limit or n.cost_limit > r.cost_limit then
    perform private.reserve_for_room(r, n.token_limit - r.token_limit, n.cost_limit - r.cost_limit);
  end if;
end;
$$;
comment on function private.raise_budget is
  'New limits of a room; those not named stay. The difference is reserved from this week. PT422 budget_lowered, PT429 '
  'quota_exceeded.';

create function private.settle_room(r public.rooms) returns void
language plpgsql set search_path = '' as $$
declare
  v_model text;
  v_tokens bigint;
  v_cost numeric;
  l record;
begin
  select left(coalesce(string_agg(distinct m.model_used, ', '), ''), 200) into v_model
  from public.ai_messages as m where m.room_id = r.id;
  select r.tokens_used - coalesce(sum(x.tokens_used), 0), r.cost_used - coalesce(sum(x.cost_used), 0) into v_tokens, v_cost
  from public.ai_usage_ledger as x where x.room_id = r.id and x.status = 'settled';
  -- What was raised later is spent last; should there be more than all of it, the last one shows it.
  for l in
    select x.*, lead(x.id) over w is null as is_last
    from public.ai_usage_ledger as x where x.room_id = r.id and x.status = 'reserved'
    window w as (order by x.created_at, x.id)
    order by x.created_at, x.id
  loop
    perform private.settle_usage(
      l.id, case when l.is_last then v_tokens else least(v_tokens, l.tokens_reserved) end::int, 0,
      case when l.is_last then v_cost else least(v_cost, l.cost_reserved) end, v_model, r.estimated, r.cost_complete
    );
    v_tokens := v_tokens - least(v_tokens, l.tokens_reserved);
    v_cost := v_cost - least(v_cost, l.cost_reserved);
  end loop;
end;
$$;
comment on function private.settle_room is
  'Charges what a room used since it was last settled, and gives the rest of its reservations back. Safe to repeat.';

-- =====================================================================================================================
-- The work in a room, as its workflow and its agents do it: created, planned, taken, paid for, done
-- =====================================================================================================================

-- ------------------------------------------------------------------------------------------------ files of owners
create function private.publish_file(r public.rooms, p_version_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v public.room_file_versions;
begin
  update public.room_file_versions as x
  set status = 'published', room_id = r.id, version = 1 + coalesce((
    select max(o.version) from public.room_file_versions as o where o.room_id = r.id and o.filename = x.filename
  ), 0)
  where x.id = p_version_id
  returning x.* into strict v;
  insert into public.files as f
    (room_id, filename, file_path_on_server, file_size_bytes, mime_type, description, version, sha256, task_id)
  values (r.id, v.filename, v.key, v.size, v.mime, v.description, v.version, v.sha256, v.task_id)
  on conflict (room_id, filename) do update
  set file_path_on_server = excluded.file_path_on_server, file_size_bytes = excluded.file_size_bytes,
    mime_type = excluded.mime_type, description = excluded.description, version = excluded.version, sha256 = excluded.sha256,
    task_id = excluded.task_id, created_at = now();
  return private.emit_event(
    private.room_stream(r.id), r.user_id, 'file.created', jsonb_build_object('file', private.file_json(v) - array['key', 'status'])
  );
end;
$$;
comment on function private.publish_file is 'Makes a draft the newest version of its file in a room; returns the event.';

create function private.check_room_usage(r public.rooms) returns void
language plpgsql set search_path = '' as $$
declare
  s record;
begin
  select * into strict s from private.room_usage(r.id);
  if s.files > r.file_limit then
    raise sqlstate 'PT422' using message = 'too_many_files', detail = json_build_object('limit', r.file_limit)::text;
  elsif s.bytes > r.byte_limit then
    raise sqlstate 'PT422' using message = 'too_many_bytes', detail = json_build_object('limit', r.byte_limit)::text;
  end if;
end;
$$;
comment on function private.check_room_usage is 'PT422 too_many_files or too_many_bytes, which undoes what made it so.';

create function public.register_upload(
  p_user_id uuid, p_file jsonb, p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_stored jsonb;
  v public.room_file_versions;
begin
  perform private.lock_user(p_user_id);
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  v_stored := private.claim_idempotency_key(p_user_id, 'create_room_upload', p_idempotency_key, p_request_hash);
  select x.* into v from public.room_file_versions as x
  where x.id = coalesce(v_stored ->> 'id', p_file ->> 'id')::uuid and x.task_id is null;
  if v.user_id = p_user_id and v.sha256 is not distinct from p_file ->> 'sha256' and v.filename = p_file ->> 'filename' then
    return jsonb_build_object('replayed', true, 'file', private.file_json(v));
  elsif v.id is not null or v_stored is not null then
    raise sqlstate 'PT404' using message = 'file_not_found';
  end if;
  insert into public.room_file_versions (id, user_id, filename, key, size, sha256, mime, description)
  values (
    coalesce((p_file ->> 'id')::uuid, gen_random_uuid()), p_user_id, p_file ->> 'filename', p_file ->> 'key',
    (p_file ->> 'size')::bigint, p_file ->> 'sha256', p_file ->> 'mime', p_file ->> 'description'
  )
  returning * into v;
  update public.ai_idempotency_keys as i set response = jsonb_build_object('id', v.id)
  where i.user_id = p_user_id and i.operation = 'create_room_upload' and i.key = p_idempotency_key;
  perform private.count_use(p_user_id, 'uploads');
  perform private.refuse_when_full('bytes', (
    select coalesce(sum(x.size), 0)::bigint from public.room_file_versions as x where x.user_id = p_user_id
  ), 2147483648);
  -- Presigned addresses are cheap to ask for: what nobody has used yet is bounded.
  if (select count(*) from public.room_file_versions as x where x.user_id = p_user_id and x.room_id is null) > 100 then
    raise sqlstate 'PT422' using message = 'too_many_files', detail = json_build_object('limit', 100)::text;
  end if;
  return jsonb_build_object('replayed', false, 'file', private.file_json(v));
end;
$$;
comment on function public.register_upload is
  'Notes a file that its owner is about to upload: {id?, filename, key, size, sha256, mime, description}; returns {replayed, file}.'
  ' A room takes it by its id when it is created or answered. Safe to repeat under an id or a key. PT401 account_gone, PT404 '
  'file_not_found: the id is of something else, PT422 idempotency_key_reused, too_many_files: 100 wait, or storage_full: 2 GiB '
  'of files, those of agents too; PT429 too_many_uploads.';

create function public.pending_uploads(p_user_id uuid, p_file_ids jsonb) returns jsonb
language sql security definer set search_path = '' as $$
  select coalesce(jsonb_agg(private.file_json(v) order by v.created_at), '[]')
  from public.room_file_versions as v
  where v.user_id = p_user_id and v.room_id is null and v.id::text in (select jsonb_array_elements_text(p_file_ids));
$$;
comment on function public.pending_uploads is
  'Those of a user''s files that no room has taken yet: whether they have arrived is to be looked up.';

create function public.note_kept(p_user_id uuid, p_keys jsonb) returns void
language sql security definer set search_path = '' as $$
  update public.room_file_versions as v set key = k.value
  from jsonb_each_text(p_keys) as k where v.id::text = k.key and v.user_id = p_user_id and v.room_id is null;
$$;
comment on function public.note_kept is
  'Where those of a user''s files are from now on that a room is about to take: {id: key}. One that a room has stays where it is.';

create function private.attach_uploads(r public.rooms, p_file_ids jsonb) returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_events jsonb := '[]';
  v_id uuid;
  v public.room_file_versions;
begin
  for v_id in select x::uuid from jsonb_array_elements_text(coalesce(p_file_ids, '[]')) as x loop
    select f.* into v from public.room_file_versions as f
    where f.id = v_id and f.user_id = r.user_id and f.task_id is null and coalesce(f.room_id, r.id) = r.id
      and (f.room_id is not null or f.created_at > now() - interval '2 days'); -- then the sweep takes it
    if not found then
      raise sqlstate 'PT404' using message = 'file_not_found';
    end if;
    if v.status = 'draft' then
      v_events := v_events || private.publish_file(r, v_id);
    end if;
  end loop;
  perform private.check_room_usage(r);
  return v_events;
end;
$$;
comment on function private.attach_uploads is
  'Puts uploads of the owner into the room; returns the events. PT404 file_not_found, PT422 as for drafts.';

-- ------------------------------------------------------------------------------------------------------- create
create function private.refuse_while_rooms_are_busy() returns void
language plpgsql set search_path = '' as $$
declare
  v_most constant int := (select l.most from private.deployment_limits as l where l.name = 'rooms_at_work');
begin
  -- Without a lock that all users would wait for: as many more may come as are opened in the same moment.
  if (select count(*) from (select from public.rooms as x where x.status in ('pending', 'processing') limit v_most) as r) >= v_most then
    raise sqlstate 'PT429' using message = 'rooms_busy', detail = '{"retry_after": 120}';
  end if;
end;
$$;
comment on function private.refuse_while_rooms_are_busy is
  'PT429 rooms_busy {retry_after} while as many rooms of all users are at work as private.deployment_limits has it: the rest of what '
  'the account can run is for the coach. One that waits for its owner is not at work, and goes on whenever it is answered.';

create function private.count_room(p_user_id uuid) returns void
language plpgsql set search_path = '' as $$
begin
  perform private.refuse_while_rooms_are_busy();
  perform private.count_use(p_user_id, 'rooms');
  if (select count(*) from public.rooms as x where x.user_id = p_user_id and private.is_open(x)) >= 20 then
    raise sqlstate 'PT429' using message = 'too_many_open_rooms', detail = '{"limit": 20, "retry_after": 60}';
  end if;
end;
$$;
comment on function private.count_room is 'One more room at work. PT429 too_many_rooms, too_many_open_rooms: 20 are at work; rooms_busy.';

create function private.open_new_room(p_user_id uuid, p_id uuid, p_room jsonb, p_tokens int, p_cost numeric) returns public.rooms
language plpgsql set search_path = '' as $$
declare
  b constant jsonb := private.default_budget() || jsonb_strip_nulls(coalesce(nullif(p_room -> 'limits', 'null'), '{}'))
    || jsonb_strip_nulls(jsonb_build_object('tokens', p_tokens, 'cost', p_cost));
  v_session_id constant uuid := p_room ->> 'session_id';
  v_room_id constant text := encode(sha256(convert_to(p_user_id || private.utc(clock_timestamp()), 'UTF8')), 'hex');
  r public.rooms;
begin
  if v_session_id is not null
    and not exists (select 1 from public.ai_chat_sessions as s where s.id = v_session_id and s.user_id = p_user_id) then
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  perform private.count_room(p_user_id);
  insert into public.rooms (
    id, room_id, user_id, session_id, task_prompt, folder_path, provider, agents, approve_plan, estimate, token_limit, cost_limit, call_limit,
    second_limit, file_limit, byte_limit
  )
  values (
    coalesce(p_id, gen_random_uuid()), v_room_id, p_user_id, v_session_id, p_room ->> 'task_prompt', 'rooms/' || v_room_id || '/',
    p_room ->> 'provider', coalesce(nullif(p_room -> 'agents', 'null'), '[]'), coalesce((p_room ->> 'approve_plan')::boolean, false),
    nullif(p_room -> 'estimate', 'null'), (b ->> 'tokens')::int, (b ->> 'cost')::numeric,
    (b ->> 'calls')::int, (b ->> 'seconds')::int, (b ->> 'files')::int, (b ->> 'bytes')::bigint
  )
  returning * into r;
  perform private.reserve_for_room(r, r.token_limit, r.cost_limit);
  return r;
end;
$$;
comment on function private.open_new_room is
  'A new room whose budget is reserved from the week. PT404 session_not_found, PT429 quota_exceeded, too_many_rooms, '
  'rooms_busy or too_many_open_rooms: 20 are at work.';

create function public.create_room(
  p_user_id uuid, p_room jsonb, p_tokens int default null, p_cost numeric default null,
  p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_stored jsonb;
  v_events jsonb;
  r public.rooms;
begin
  perform private.lock_user(p_user_id);
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  v_stored := private.claim_idempotency_key(p_user_id, 'create_room', p_idempotency_key, p_request_hash);
  if v_stored is not null then
    return private.room_response((v_stored ->> 'id')::uuid, '[]', '{"replayed": true}');
  end if;
  r := private.open_new_room(p_user_id, null, p_room, p_tokens, p_cost);
  v_events := private.emit_room(r) || private.attach_uploads(r, p_room -> 'files');
  update public.ai_idempotency_keys as i set response = jsonb_build_object('id', r.id)
  where i.user_id = p_user_id and i.operation = 'create_room' and i.key = p_idempotency_key;
  return private.room_response(r.id, v_events, '{"replayed": false}');
end;
$$;
comment on function public.create_room is
  'Creates a room from {task_prompt, agents?, provider?, approve_plan?, estimate?, limits?: {tokens, cost, calls, seconds, files, bytes}, '
  'session_id?, files?: [ids of uploads]}; p_tokens and p_cost go before its limits. Returns {replayed, room, events, '
  'listeners, user_listeners}; a replay has the room as it is now. PT401 account_gone, PT404 session_not_found '
  'or file_not_found, PT409 request_in_progress, PT422 idempotency_key_reused, too_many_files or too_many_bytes, PT429 '
  'quota_exceeded.';

create function public.task_figures() returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object('figures', coalesce(jsonb_object_agg(f.role, jsonb_build_object('tokens', f.tokens, 'seconds', f.seconds)), '{}'))
  from (
    select d.role, percentile_cont(array[0.2, 0.8]) within group (order by d.tokens_used) as tokens,
      percentile_cont(array[0.2, 0.8]) within group (order by d.seconds) as seconds
    from (
      select t.role, t.tokens_used, extract(epoch from t.ended_at - t.started_at) as seconds
      from public.room_tasks as t
      where t.status = 'done' and not exists (select from public.room_inputs as i where i.task_id = t.id)
      order by t.ended_at desc limit 500
    ) as d
    group by d.role having count(*) >= 5
  ) as f;
$$;
comment on function public.task_figures is
  'What the newest 500 tasks of this deployment took which waited for nobody, {figures: {role: {tokens: [a fifth took less, a '
  'fifth more], seconds: [the same]}}}; a role of which fewer than 5 are among them is not there. Nothing of whose they were.';

create function public.start_room(p_room_id uuid, p_execution_arn text default null, p_run int default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_current constant boolean := r.run = coalesce(p_run, r.run);
  v_events jsonb := '[]';
begin
  if v_current then
    update public.rooms as x set execution_arn = coalesce(p_execution_arn, x.execution_arn) where x.id = r.id;
    if r.status = 'pending' then
      v_events := private.set_room_status(r, 'processing');
    end if;
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object('proceed', v_current and private.is_open(r)));
end;
$$;
comment on function public.start_room is
  'Notes that a run of a room has begun and by which execution (null: not known yet): {proceed, room, events, listeners};'
  ' proceed is false when the room has ended meanwhile or another run has begun. Safe to repeat. PT404 room_not_found.';

-- -------------------------------------------------------------------------------------------------- open_room, an action
create function private.remove_room(r public.rooms) returns void
language plpgsql set search_path = '' as $$
begin
  perform private.release_usage(l.id) from public.ai_usage_ledger as l where l.room_id = r.id and l.status = 'reserved';
  delete from public.rooms as x where x.id = r.id;
  delete from public.ai_streams as e where e.stream = private.room_stream(r.id);
  perform private.end_subscriptions(private.room_stream(r.id));
end;
$$;
comment on function private.remove_room is 'Deletes a room that has not begun, and gives its budget back.';

create function private.action_open_room(p_user_id uuid, p_action_id uuid, p_payload jsonb, p_write jsonb default null)
returns jsonb
language plpgsql set search_path = '' as $$
declare
  r public.rooms;
begin
  if p_write -> 'room' = 'null' then
    perform private.remove_room(x)
    from public.rooms as x where x.id = p_action_id and x.user_id = p_user_id;
  elsif p_write is not null then
    r := private.open_new_room(
      p_user_id, p_action_id, (p_write -> 'room') || jsonb_build_object('session_id', (
        select a.session_id from public.ai_action_requests as a where a.id = p_action_id and a.user_id = p_user_id
      )), null, null
    );
    perform private.emit_room(r);
  end if;
  return jsonb_build_object(
    'room', (
      select jsonb_build_object('id', x.id, 'room_id', x.room_id, 'task_prompt', x.task_prompt, 'status', x.status, 'run', x.run)
      from public.rooms as x where x.id = p_action_id and x.user_id = p_user_id
      for update -- a room that is being started is not deleted
    )
  );
end;
$$;
comment on function private.action_open_room is
  'State: the room of this action, null before it. It has the action''s id; once it works, its state has changed and it stays.';

-- --------------------------------------------------------------------------------------------------------- plan
create function private.words_before(r public.rooms) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('role', m.role, 'content', left(m.content, 1000)) order by m.created_at, m.id), '[]')
  from (
    select x.* from public.ai_chat_messages as x
    where x.user_id = r.user_id and x.session_id = r.session_id and x.replaced_by is null and x.role in ('user', 'assistant')
      and x.created_at <= coalesce((
        select p.created_at from public.ai_action_requests as a join public.ai_chat_messages as p on p.id = a.message_id
        where a.id = r.id and a.user_id = r.user_id
      ), r.created_at)
    order by x.created_at desc, x.id desc limit 6
  ) as m;
$$;
comment on function private.words_before is
  'The beginnings of the six messages that led to a room: up to the proposal that opened it, else up to when it was opened; none without a conversation.';

create function private.room_work(p_room_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'room', private.room_json(r) || jsonb_build_object('user_id', r.user_id, 'steer', r.steer, 'conversation', private.words_before(r)),
    'open', private.is_open(r), 'tasks', private.tasks_json(r.id, true, r.part), 'files', private.files_json(r.id),
    'inputs', private.inputs_json(r.id), 'budget', private.room_budget(r), 'athlete', private.athlete(r.user_id, 84, 100)
  )
  from public.rooms as r where r.id = p_room_id;
$$;
comment on function private.room_work is 'Everything that planning, review and finish work with.';

create function public.room_work(p_room_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select 1 from public.rooms as r where r.id = p_room_id) then
    raise sqlstate 'PT404' using message = 'room_not_found';
  end if;
  return private.room_work(p_room_id);
end;
$$;
comment on function public.room_work is
  'Everything that planning, review and finish work with: {room (with user_id, steer), open, tasks, files, inputs, '
  'budget, athlete (with twelve weeks of workouts)}. PT404 room_not_found.';

create function private.add_tasks(r public.rooms, p_tasks jsonb, p_round int) returns void
language sql set search_path = '' as $$
  insert into public.room_tasks (room_id, position, key, role, brief, deliverables, depends_on, round, part)
  select r.id, n.first + t.nr::int, t.value ->> 'key', t.value ->> 'role', t.value ->> 'brief',
    coalesce(nullif(t.value -> 'deliverables', 'null'), '[]'),
    array(select jsonb_array_elements_text(coalesce(nullif(t.value -> 'depends_on', 'null'), '[]'))), p_round, r.part
  from jsonb_array_elements(p_tasks) with ordinality as t (value, nr),
    (select coalesce(max(o.position) + 1, 0) - 1 from public.room_tasks as o where o.room_id = r.id) as n (first);
$$;
comment on function private.add_tasks is
  'Adds tasks behind those that a room has: [{key, role, brief, deliverables, depends_on}].';

create function public.store_plan(p_room_id uuid, p_plan jsonb, p_tasks jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_events jsonb := '[]';
begin
  if private.is_open(r) and r.plan is null then
    perform private.add_tasks(r, p_tasks, 0);
    update public.rooms as x
    set plan = p_plan - 'estimate', estimate = coalesce(p_plan -> 'estimate', x.estimate), hold = case when x.approve_plan then 'plan' else x.hold end, alive_until = now() + interval '1 hour', in_flight_tokens = null, in_flight_cost = null
    where x.id = r.id
    returning x.* into r;
    v_events := jsonb_build_array(private.emit_room(r));
  end if;
  return private.room_response(r.id, v_events, private.room_work(r.id));
end;
$$;
comment on function public.store_plan is
  'Stores what was planned, with what it will take (`estimate`), unless a plan is there: the stored one wins. Returns what room_work does, with events, '
  'listeners. PT404 room_not_found.';

create function public.add_repairs(p_room_id uuid, p_tasks jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_events jsonb := '[]';
begin
  if private.is_open(r) and not exists (select 1 from public.room_tasks as t where t.room_id = r.id and t.part = r.part and t.round = 1) then
    perform private.add_tasks(r, p_tasks, 1);
    update public.rooms as x set in_flight_tokens = null, in_flight_cost = null where x.id = r.id;
    v_events := jsonb_build_array(private.emit_room(r));
  end if;
  return private.room_response(r.id, v_events, private.room_work(r.id));
end;
$$;
comment on function public.add_repairs is
  'Adds the one round of repairs, unless it is there: the stored one wins. Returns what room_work does, with events, listeners.';

create function public.store_review(p_room_id uuid, p_review jsonb, p_run int) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_events jsonb := '[]';
begin
  if private.is_open(r) and r.run = p_run and r.review is distinct from p_review then
    update public.rooms as x set review = p_review where x.id = r.id returning x.* into r;
    v_events := jsonb_build_array(
      private.emit_event(private.room_stream(r.id), r.user_id, 'review.completed', jsonb_build_object('review', r.review))
    );
  end if;
  return private.room_response(r.id, v_events);
end;
$$;
comment on function public.store_review is
  'Keeps what the reviewer of a run said: {criteria: [{criterion, met, reason, file}], round}, and tells it: {room, events, '
  'listeners}. Safe to repeat; a room that has ended, or whose run is over, stays as it is. PT404 room_not_found.';

-- --------------------------------------------------------------------------------------------------------- tasks
create function private.lock_task(r public.rooms, p_task_id uuid) returns public.room_tasks
language plpgsql set search_path = '' as $$
declare
  t public.room_tasks;
begin
  select x.* into t from public.room_tasks as x where x.id = p_task_id and x.room_id = r.id for update;
  if not found then
    raise sqlstate 'PT404' using message = 'task_not_found';
  end if;
  return t;
end;
$$;
comment on function private.lock_task is 'A task of a locked room. PT404 task_not_found.';

create function private.end_task(r public.rooms, p_task_id uuid, p_status text, p_error_code text) returns jsonb
language plpgsql set search_path = '' as $$
declare
  t public.room_tasks;
  v_id uuid;
  v_events jsonb := '[]';
begin
  update public.room_tasks as x
  set status = p_status, error_code = p_error_code, ended_at = clock_timestamp(), lease_until = null, in_flight_tokens = null,
    in_flight_cost = null, throttled_until = null
  where x.id = p_task_id and x.status in ('pending', 'running', 'waiting')
  returning x.* into t;
  if not found then
    return '[]';
  end if;
  update public.ai_messages as m set transcript = '[]' where m.task_id = t.id and m.transcript <> '[]';
  delete from public.room_file_versions as v
  where v.task_id = t.id and v.status = 'draft'
    and exists (select from public.files as f where f.room_id = r.id and f.filename = v.filename);
  for v_id in
    update public.room_file_versions as v set is_partial = true where v.task_id = t.id and v.status = 'draft' returning v.id
  loop
    v_events := v_events || private.publish_file(r, v_id);
  end loop;
  update public.room_inputs as i set closed_at = clock_timestamp()
  where i.task_id = t.id and i.answered_at is null and i.closed_at is null;
  delete from private.room_task_tokens as k using public.room_inputs as i where i.id = k.input_id and i.task_id = t.id;
  return v_events || private.emit_task(r, t, 'task.failed');
end;
$$;
comment on function private.end_task is
  'Ends a task without result as failed, skipped or cancelled: its open question and its transcript go, and of its drafts those of which the room '
  'has an earlier version; the others are published as partial. Returns the events, none when it had ended before.';

create function private.task_work(r public.rooms, t public.room_tasks) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'task', private.task_json(t) || jsonb_build_object('tokens_used', t.tokens_used, 'cost_used', t.cost_used, 'transcript', (
      select coalesce(jsonb_agg(e.message order by m."timestamp", e.i), '[]')
      from public.ai_messages as m, jsonb_array_elements(m.transcript) with ordinality as e (message, i) where m.task_id = t.id
    )),
    'steer', r.steer,
    'files', private.files_json(r.id) || (
      select coalesce(jsonb_agg(private.file_json(v) order by v.created_at), '[]')
      from public.room_file_versions as v where v.task_id = t.id and v.status = 'draft'
    ),
    'answers', (
      select coalesce(jsonb_agg(jsonb_build_object('id', i.id, 'question', i.question, 'answer', i.answer) order by i.asked_at), '[]')
      from public.room_inputs as i where i.task_id = t.id and i.kind = 'question' and i.answered_at is not null
    )
  );
$$;
comment on function private.task_work is
  'What an agent works with: {task (with its transcript), steer, files, answers}.';

create function public.begin_task(p_room_id uuid, p_task_id uuid, p_lease_seconds double precision, p_run int default null)
returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  t public.room_tasks := private.lock_task(r, p_task_id);
  v_before record;
  v_events jsonb := '[]';
  v_outcome text;
begin
  select bool_or(d.status in ('failed', 'skipped', 'cancelled')) as lost, bool_or(d.status <> 'done') as open into v_before
  from public.room_tasks as d where d.room_id = r.id and d.part = t.part and d.key = any (t.depends_on);
  v_outcome := case
    when t.status = 'done' then 'done'
    when not private.is_open(r) or r.run <> coalesce(p_run, r.run) then 'cancelled'
    when t.status in ('failed', 'skipped', 'cancelled', 'waiting') then t.status
    when t.status = 'running' and t.lease_until > clock_timestamp() then 'busy'
    when v_before.lost then 'skipped'
    when v_before.open then 'busy'
    else 'run'
  end;
  if v_outcome not in ('busy', 'waiting') then -- it has been woken
    delete from private.room_task_tokens as k using public.room_inputs as i where i.id = k.input_id and i.task_id = t.id;
  end if;
  if v_outcome = 'skipped' then
    v_events := private.end_task(r, t.id, 'skipped', 'dependency_failed');
  elsif v_outcome = 'run' then
    update public.room_tasks as x
    set status = 'running', attempt = x.attempt + 1, started_at = coalesce(x.started_at, clock_timestamp()),
      lease = make_interval(secs => p_lease_seconds), lease_until = clock_timestamp() + make_interval(secs => p_lease_seconds),
      in_flight_tokens = null, in_flight_cost = null, -- of a worker that is dead
      throttled_until = null
    where x.id = t.id
    returning x.* into t;
    update public.rooms as x
    set alive_until = greatest(x.alive_until, now() + make_interval(secs => p_lease_seconds) + interval '1 hour')
    where x.id = r.id;
    v_events := private.set_room_status(r, 'processing') || private.emit_task(r, t, 'task.started');
    select x.* into r from public.rooms as x where x.id = r.id;
  end if;
  return private.room_response(
    r.id, v_events,
    private.task_work(r, t) || jsonb_build_object(
      'outcome', v_outcome, 'room', private.room_json(r) || jsonb_build_object('user_id', r.user_id, 'conversation', private.words_before(r)),
      'athlete', private.athlete(r.user_id, 84, 100), 'token_limit', r.token_limit,
      'wait_id', (select i.id from public.room_inputs as i where i.task_id = t.id and i.answered_at is null and i.closed_at is null)
    )
  );
end;
$$;
comment on function public.begin_task is
  'Gives a task to a worker until it has been silent for p_lease_seconds: {outcome, task, room, athlete, token_limit, files, '
  'steer, answers, wait_id, events, listeners}. Outcomes: run; done, failed, skipped (a task before it has no '
  'result), cancelled (or the room has ended, or p_run is over): nothing to do; waiting for its owner (wait_id); busy: '
  'another worker has it, or a task before it is not done. PT404 room_not_found, task_not_found.';

create function public.release_task(p_room_id uuid, p_task_id uuid, p_attempt int default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_holds constant boolean := private.holds_task(r, p_task_id, p_attempt);
begin
  update public.room_tasks as x
  set lease_until = clock_timestamp(), in_flight_tokens = null, in_flight_cost = null
  where x.id = p_task_id and v_holds;
  return jsonb_build_object('released', v_holds);
end;
$$;
comment on function public.release_task is
  'A worker that must stop lets the next one go on at once: {released}; false when the room has ended or the task is with'
  ' another worker. PT404 room_not_found.';

create function public.throttle_step(p_room_id uuid, p_task_id uuid, p_seconds int, p_attempt int) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  t public.room_tasks;
  v_until constant timestamptz := clock_timestamp() + make_interval(secs => p_seconds);
  v_events jsonb := '[]';
begin
  if not private.holds_task(r, p_task_id, p_attempt) then
    null; -- nobody waits any more
  elsif p_task_id is null then
    update public.rooms as x set throttled_until = v_until where x.id = r.id returning x.* into r;
    v_events := jsonb_build_array(private.emit_room(r));
  else
    update public.room_tasks as x set throttled_until = v_until where x.id = p_task_id returning x.* into t;
    v_events := jsonb_build_array(private.emit_task(r, t, 'task.throttled'));
  end if;
  return private.room_response(r.id, v_events);
end;
$$;
comment on function public.throttle_step is
  'Says that a task, or (null) planning or review, waits for so many seconds until a provider may have capacity again: {room, events, listeners}. '
  'Nothing where the room has ended or the task is with another worker. PT404 room_not_found.';

create function public.begin_step(
  p_room_id uuid, p_task_id uuid, p_tokens int, p_cost numeric, p_attempt int default null, p_step text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_limit record;
  v_recorded text;
  v_waited constant boolean := p_task_id is null and r.throttled_until is not null;
  v_events jsonb;
begin
  if not private.holds_task(r, p_task_id, p_attempt) then
    return private.room_response(r.id, '[]', '{"proceed": false, "reason": "cancelled", "limit": null}');
  elsif p_task_id is not null and r.hold is not null then
    return private.room_response(r.id, '[]', '{"proceed": false, "reason": "held", "limit": null}');
  end if;
  select coalesce(m.response, '') into v_recorded from public.ai_messages as m
  where m.room_id = r.id and m.task_id is not distinct from p_task_id and m.attempt = coalesce(p_attempt, r.run) and m.step = p_step;
  if found then
    return private.room_response(r.id, '[]', jsonb_build_object('proceed', true, 'recorded', v_recorded));
  end if;
  select l.name, l.held into v_limit from private.limit_reached(r, p_task_id, p_tokens, p_cost) as l;
  update public.rooms as x
  set alive_until = greatest(x.alive_until, now() + interval '1 hour'),
    throttled_until = case when p_task_id is not null then x.throttled_until end,
    in_flight_tokens = case when p_task_id is null then case when v_limit.name is null then p_tokens end else x.in_flight_tokens end,
    in_flight_cost = case when p_task_id is null then case when v_limit.name is null then p_cost end else x.in_flight_cost end
  where x.id = r.id
  returning x.* into r;
  update public.room_tasks as x
  set lease_until = clock_timestamp() + x.lease, in_flight_tokens = case when v_limit.name is null then p_tokens end,
    in_flight_cost = case when v_limit.name is null then p_cost end
  where x.id = p_task_id;
  v_events := private.warn_of_budget(r.id) || case when v_waited then jsonb_build_array(private.emit_room(r)) else '[]' end;
  return private.room_response(r.id, v_events, jsonb_build_object(
    'proceed', v_limit.name is null, 'reason', case when v_limit.held then 'budget_held' when not v_limit.held then 'budget_reached' end,
    'limit', v_limit.name, 'steer', r.steer
  ));
end;
$$;
comment on function public.begin_step is
  'Asks for a model call that may use at most so much, by a task or (null) by planning or review: {proceed, reason, '
  'limit, steer, room, events, listeners}. Where proceed is true it is in flight until record_step; asked again, it takes'
  ' the place of the first. Where the step p_step was recorded before, nothing is in flight, and recorded is what the model said. '
  'Reasons: cancelled (the room has ended, or the task is with another worker), budget_reached '
  '(with which limit: tokens, cost, calls, seconds), budget_held (only calls that are under way stand in the way), held (by its owner). Renews the '
  'lease. PT404 room_not_found.';

create function public.renew_task(p_room_id uuid, p_task_id uuid, p_attempt int) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms;
begin
  select x.* into r from public.rooms as x where x.id = p_room_id;
  update public.room_tasks as t set lease_until = clock_timestamp() + t.lease
  where t.id = p_task_id and t.room_id = r.id and t.status = 'running' and t.attempt = p_attempt and private.is_open(r);
  return jsonb_build_object('held', found, 'listeners', private.listeners(r.user_id, private.room_stream(r.id)));
end;
$$;
comment on function public.renew_task is
  'A sign of life of a worker whose model is at work: {held, listeners}; held is false when the room has ended or '
  'the task is with another worker. The listeners are those of the room, now.';

create function public.record_step(
  p_room_id uuid, p_task_id uuid, p_step jsonb, p_messages jsonb default '[]', p_attempt int default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_holds constant boolean := private.holds_task(r, p_task_id, p_attempt);
  v_tokens constant bigint := coalesce((p_step ->> 'tokens')::bigint, (p_step ->> 'token_count')::bigint, 0);
  v_cost constant numeric := coalesce((p_step ->> 'cost')::numeric, 0);
  v_attempt constant int := coalesce(p_attempt, (select t.attempt from public.room_tasks as t where t.id = p_task_id), r.run);
  v_recorded boolean;
  v_events jsonb := '[]';
begin
  insert into public.ai_messages (
    room_id, task_id, attempt, step, agent_name, content, response, model_used, provider, tool_calls, token_count, "timestamp",
    transcript, milliseconds
  )
  select r.id, p_task_id, v_attempt, coalesce(p_step ->> 'step', (t.calls + 1)::text),
    p_step ->> 'agent_name', p_step ->> 'content', p_step ->> 'response', p_step ->> 'model_used', p_step ->> 'provider',
    nullif(p_step -> 'tool_calls', 'null'), (p_step ->> 'token_count')::int, clock_timestamp(), case when v_holds then p_messages else '[]' end,
    (p_step ->> 'milliseconds')::int
  from (select) as one left join public.room_tasks as t on t.id = p_task_id and t.room_id = r.id
  on conflict (room_id, task_id, attempt, step) where step is not null do nothing;
  v_recorded := found;
  if not v_recorded or private.call_of(p_task_id, v_attempt) = any (r.cut_calls) then
    null; -- it has been charged
  elsif not private.is_open(r) then
    perform private.charge_usage(r.user_id, jsonb_build_object(
      'tokens', v_tokens, 'cost', v_cost, 'model', left(p_step ->> 'model_used', 200), 'estimated', false,
      'cost_complete', coalesce((p_step ->> 'cost_complete')::boolean, true)
    ));
  else
    update public.rooms as x
    set tokens_used = x.tokens_used + v_tokens, cost_used = x.cost_used + v_cost, calls_used = x.calls_used + 1,
      cost_complete = x.cost_complete and coalesce((p_step ->> 'cost_complete')::boolean, true),
      alive_until = greatest(x.alive_until, now() + interval '1 hour'),
      in_flight_tokens = case when p_task_id is not null or not v_holds then x.in_flight_tokens end,
      in_flight_cost = case when p_task_id is not null or not v_holds then x.in_flight_cost end
    where x.id = r.id;
    update public.room_tasks as x
    set calls = x.calls + 1, tokens_used = x.tokens_used + v_tokens, cost_used = x.cost_used + v_cost,
      in_flight_tokens = case when not v_holds then x.in_flight_tokens end,
      in_flight_cost = case when not v_holds then x.in_flight_cost end,
      lease_until = case when v_holds then clock_timestamp() + x.lease else x.lease_until end
    where x.id = p_task_id and x.room_id = r.id;
    v_events := private.warn_of_budget(r.id);
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object('recorded', v_recorded, 'proceed', v_holds, 'steer', r.steer));
end;
$$;
comment on function public.record_step is
  'Logs a model call {step, agent_name, content, response, model_used, provider, tool_calls, token_count, tokens, cost, '
  'cost_complete, milliseconds}, charges it to the room (to the week where the room has ended and did not charge it then), and appends p_messages to the transcript: {recorded, proceed, steer, room, events, '
  'listeners}. recorded is false, and nothing changes, when this step of this attempt (without a task: of this run) was recorded '
  'before; proceed is false when the room has ended or the task is with another worker, whose transcript stays as it is. PT404 '
  'room_not_found.';

create function public.draft_file(p_room_id uuid, p_task_id uuid, p_file jsonb, p_attempt int default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
begin
  if not private.holds_task(r, p_task_id, p_attempt) then
    return '{"outcome": "cancelled"}';
  end if;
  delete from public.room_file_versions as x
  where x.task_id = p_task_id and x.status = 'draft' and x.filename = p_file ->> 'filename';
  insert into public.room_file_versions (user_id, room_id, task_id, filename, key, size, sha256, mime, description, quotes_dropped)
  values (
    r.user_id, r.id, p_task_id, p_file ->> 'filename', p_file ->> 'key', (p_file ->> 'size')::bigint, p_file ->> 'sha256',
    p_file ->> 'mime', p_file ->> 'description', coalesce((p_file ->> 'quotes_dropped')::int, 0)
  );
  perform private.check_room_usage(r);
  return '{"outcome": "stored"}';
end;
$$;
comment on function public.draft_file is
  'Stores what a task has written {filename, key, size, sha256, mime, description, quotes_dropped}, in the place of its earlier draft of '
  'that name; nobody else sees it before the task is done: {outcome: stored}, or {outcome: cancelled} when the room has '
  'ended or the task is with another worker. PT404 room_not_found, PT422 too_many_files, too_many_bytes.';

create function public.finish_task(p_room_id uuid, p_task_id uuid, p_summary text, p_attempt int default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  t public.room_tasks := private.lock_task(r, p_task_id);
  v_events jsonb := '[]';
  v_id uuid;
begin
  if private.holds_task(r, t.id, p_attempt) then
    update public.room_tasks as x
    set status = 'done', summary = left(p_summary, 20000), ended_at = clock_timestamp(), lease_until = null, error_code = null,
      in_flight_tokens = null, in_flight_cost = null
    where x.id = t.id
    returning x.* into t;
    update public.ai_messages as m set transcript = '[]' where m.task_id = t.id and m.transcript <> '[]';
    for v_id in
      select v.id from public.room_file_versions as v where v.task_id = t.id and v.status = 'draft' order by v.created_at, v.id
    loop
      v_events := v_events || private.publish_file(r, v_id);
    end loop;
    v_events := v_events || private.emit_task(r, t, 'task.completed') || private.pause_room(r.id);
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object(
    'outcome', case when t.status in ('running', 'waiting', 'pending') then 'cancelled' else t.status end, 'task', private.task_json(t)
  ));
end;
$$;
comment on function public.finish_task is
  'A task is done: its drafts become versions of the room''s files, and its transcript goes. {outcome, task, room, events, listeners}; outcome is '
  'done, also when it was before, else failed, skipped or cancelled (or with another worker). PT404 room_not_found, '
  'task_not_found.';

create function public.fail_task(p_room_id uuid, p_task_id uuid, p_error_code text, p_attempt int default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  t public.room_tasks := private.lock_task(r, p_task_id);
  v_events jsonb := '[]';
begin
  if private.is_open(r) and t.attempt = coalesce(p_attempt, t.attempt) then
    v_events := private.end_task(r, t.id, 'failed', p_error_code);
    v_events := v_events || private.pause_room(r.id);
    select x.* into t from public.room_tasks as x where x.id = t.id;
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object(
    'outcome', case when t.status in ('running', 'waiting', 'pending') then 'cancelled' else t.status end, 'task', private.task_json(t)
  ));
end;
$$;
comment on function public.fail_task is
  'A task has no result: its drafts are kept as partial, the room''s other tasks go on. {outcome, task, room, events, listeners}; a task that had '
  'ended before stays as it is. PT404 room_not_found, task_not_found.';

grant execute on function public.register_upload, public.pending_uploads, public.note_kept, public.create_room, public.start_room,
  public.room_work, public.store_plan, public.add_repairs, public.store_review, public.begin_task, public.release_task, public.throttle_step, public.renew_task, public.begin_step,
  public.record_step, public.draft_file, public.finish_task, public.fail_task, public.task_figures to service_role;

-- =====================================================================================================================
-- A room and people: questions and answers, the end, another try, who may watch
-- =====================================================================================================================

-- ---------------------------------------------------------------------------------------------- ask and be answered
create function public.request_input(
  p_room_id uuid, p_task_id uuid, p_kind text, p_question text default null, p_attempt int default null,
  p_seconds double precision default 604800
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  t public.room_tasks := private.lock_task(r, p_task_id);
  i public.room_inputs;
  v_type constant text := case p_kind when 'budget' then 'budget.reached' else 'input.requested' end;
  v_input jsonb;
  v_events jsonb := '[]';
begin
  if private.holds_task(r, t.id, p_attempt) then
    insert into public.room_inputs (room_id, task_id, kind, question, expires_at)
    values (r.id, t.id, p_kind, p_question, now() + make_interval(secs => p_seconds))
    returning * into i;
    update public.room_tasks as x
    set status = 'waiting', lease_until = null, in_flight_tokens = null, in_flight_cost = null
    where x.id = t.id;
    update public.rooms as x set alive_until = greatest(x.alive_until, i.expires_at + interval '1 hour') where x.id = r.id;
    -- Whoever watches sees this; the question itself is in the owner's snapshot.
    v_input := jsonb_build_object('input', jsonb_build_object(
      'id', i.id, 'room_id', r.id, 'kind', i.kind, 'task_id', t.id, 'task_key', t.key, 'role', t.role
    ));
    if p_kind <> 'hold' then
      v_events := jsonb_build_array(
        private.emit_event(private.room_stream(r.id), r.user_id, v_type, v_input),
        private.emit_event('user:' || r.user_id, r.user_id, v_type, v_input)
      );
    elsif r.hold is null then
      perform private.close_input(i.id, null); -- its owner has let the room go on meanwhile
    end if;
    v_events := v_events || private.pause_room(r.id);
  elsif private.is_open(r) and t.status = 'waiting' then
    select x.* into i from public.room_inputs as x where x.task_id = t.id and x.answered_at is null and x.closed_at is null;
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object(
    'outcome', case when i.id is null then 'cancelled' else 'waiting' end, 'wait_id', i.id
  ));
end;
$$;
comment on function public.request_input is
  'A task waits for an answer (question), for more budget (budget) or until the room may go on (hold): {outcome, wait_id, room, events, listeners}. '
  'Outcome waiting, also when it waits already; cancelled when the room has ended or the task is with another worker. PT404 '
  'room_not_found, task_not_found.';

create function public.save_task_token(p_wait_id uuid, p_token text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  i public.room_inputs;
begin
  perform private.lock_room(x.room_id) from public.room_inputs as x where x.id = p_wait_id;
  select x.* into i from public.room_inputs as x where x.id = p_wait_id;
  if not found then
    raise sqlstate 'PT404' using message = 'input_not_found';
  end if;
  if i.answered_at is null and i.closed_at is null then
    insert into private.room_task_tokens (input_id, token) values (i.id, p_token)
    on conflict (input_id) do update set token = excluded.token;
  end if;
  return jsonb_build_object('waiting', i.answered_at is null and i.closed_at is null);
end;
$$;
comment on function public.save_task_token is
  'Keeps the token by which a waiting task is woken: {waiting}. False: answered or ended already, the caller wakes it at '
  'once. A later token takes the place of an earlier one. PT404 input_not_found.';

create function private.answered_input(r public.rooms, p_answer text) returns public.room_inputs
language plpgsql stable set search_path = '' as $$
declare
  i public.room_inputs;
  v_open uuid[];
  v_since boolean; -- whether all that is open was asked since then: a repetition may be meant
begin
  select x.* into i from public.room_inputs as x
  where x.room_id = r.id and x.kind = 'question' and x.answer = p_answer
  order by x.answered_at desc limit 1;
  select array_agg(x.id), coalesce(bool_and(x.asked_at > i.answered_at), i.id is not null) into v_open, v_since
  from public.room_inputs as x
  where x.room_id = r.id and x.kind = 'question' and x.answered_at is null and x.closed_at is null;
  if v_since and (v_open is null or exists (select 1 from private.room_task_tokens as k where k.input_id = i.id)) then
    return i; -- nothing else is asked, or nobody was told that its task was woken
  end if;
  if cardinality(v_open) > 1 or (v_since and i.answered_at > clock_timestamp() - interval '10 minutes') then
    raise sqlstate 'PT422' using message = 'input_id_required', detail = json_build_object('input_ids', v_open)::text;
  end if;
  select x.* into i from public.room_inputs as x where x.id = v_open[1];
  return i;
end;
$$;
comment on function private.answered_input is
  'The question that an answer is for which names none: the only open one, or the one that has this answer where only a '
  'repetition can be meant. Null when there is none; PT422 input_id_required where it could be either.';

create function private.named_input(r public.rooms, p_answer jsonb) returns public.room_inputs
language plpgsql stable set search_path = '' as $$
declare
  i public.room_inputs;
begin
  if p_answer ->> 'input_id' is null then
    i := private.answered_input(r, p_answer ->> 'answer');
  else
    select x.* into i from public.room_inputs as x
    where x.room_id = r.id and x.kind = 'question' and x.id = (p_answer ->> 'input_id')::uuid;
  end if;
  if i.id is null then
    raise sqlstate 'PT404' using message = 'input_not_found';
  elsif i.closed_at is not null then
    raise sqlstate 'PT409' using message = 'input_closed';
  elsif i.answer <> p_answer ->> 'answer' then
    raise sqlstate 'PT409' using message = 'input_answered';
  end if;
  return i;
end;
$$;
comment on function private.named_input is
  'The question that an answer is for, which may have it already. PT404 input_not_found, PT409 input_closed, input_answered '
  '(otherwise), PT422 input_id_required.';

create function private.close_input(p_input_id uuid, p_answer text) returns void
language sql set search_path = '' as $$
  with answered as (
    update public.room_inputs as i set answered_at = clock_timestamp(), answer = p_answer
    where i.id = p_input_id
    returning i.id, i.task_id, i.answered_at
  ), due as (
    update private.room_task_tokens as k set answered_at = a.answered_at from answered as a where k.input_id = a.id
  )
  update public.room_tasks as t set status = 'pending' from answered as a where t.id = a.task_id and t.status = 'waiting';
$$;
comment on function private.close_input is 'An input has its answer; its task can be taken again, and is to be woken.';

create function private.answer_response(r public.rooms, p_events jsonb, p_replayed boolean) returns jsonb
language sql stable set search_path = '' as $$
  select private.room_response(r.id, p_events, jsonb_build_object(
    'replayed', p_replayed,
    'tokens', (
      select coalesce(jsonb_agg(jsonb_build_object('wait_id', k.input_id, 'token', k.token)), '[]')
      from private.room_task_tokens as k join public.room_inputs as a on a.id = k.input_id
      where a.room_id = r.id and k.answered_at is not null
    ),
    'budget', private.room_budget(x)
  ))
  from public.rooms as x where x.id = r.id;
$$;
comment on function private.answer_response is 'What answer_input returns, as the room is now.';

create function public.answer_input(
  p_user_id uuid, p_room text, p_answer jsonb, p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  i public.room_inputs;
  v_answered boolean := false;
  v_events jsonb := '[]';
begin
  if private.claim_idempotency_key(p_user_id, 'answer_room ' || r.id, p_idempotency_key, p_request_hash) is not null then
    return private.answer_response(r, v_events, true);
  end if;
  update public.ai_idempotency_keys as k set response = '{}'
  where k.user_id = p_user_id and k.operation = 'answer_room ' || r.id and k.key = p_idempotency_key;
  if not private.is_open(r) then
    if exists (
      select 1 from public.room_inputs as x
      where x.room_id = r.id and x.answer = p_answer ->> 'answer' and x.id = coalesce((p_answer ->> 'input_id')::uuid, x.id)
    ) then
      return private.answer_response(r, v_events, true);
    end if;
    raise sqlstate 'PT409' using message = 'room_ended';
  end if;
  if p_answer ->> 'answer' is not null then
    i := private.named_input(r, p_answer);
    if i.answered_at is null then
      perform private.close_input(i.id, p_answer ->> 'answer');
    end if;
    v_answered := true;
  end if;
  if jsonb_typeof(p_answer -> 'budget') = 'object' then
    perform private.raise_budget(r, p_answer -> 'budget');
    for i in
      select x.* from public.room_inputs as x
      where x.room_id = r.id and x.kind = 'budget' and x.answered_at is null and x.closed_at is null
    loop
      perform private.close_input(i.id, null);
      v_answered := true;
    end loop;
  end if;
  v_events := private.attach_uploads(r, nullif(p_answer -> 'files', 'null'));
  update public.rooms as x
  set steer = case when p_answer ->> 'steer' is null or x.steer -> -1 = p_answer -> 'steer' then x.steer
      else x.steer || (p_answer -> 'steer') end,
    alive_until = greatest(x.alive_until, now() + interval '1 hour')
  where x.id = r.id;
  if (select jsonb_array_length(x.steer) > 50 from public.rooms as x where x.id = r.id) then
    raise sqlstate 'PT422' using message = 'too_much_steering', detail = '{"limit": 50}';
  end if;
  -- Somebody goes on, even if others still wait.
  if r.status = 'active' and v_answered then
    v_events := v_events || private.set_room_status(r, 'processing');
  else
    select x.* into r from public.rooms as x where x.id = r.id;
    v_events := v_events || private.emit_room(r);
  end if;
  return private.answer_response(r, v_events, false);
end;
$$;
comment on function public.answer_input is
  'What a room''s owner says to it, any of {answer (of input_id, or of the only open question), steer: text, budget: '
  '{tokens, cost, calls, seconds, files, bytes: new limits}, files: [ids of uploads]}: {replayed, tokens: [{wait_id, token}] to '
  'wake the workflow by, room, budget, events, listeners}. The tokens are of all that has been answered and has not gone '
  'on: a lost one is had again. Under a key it is said once, and a replay says how the room is now. PT404 room_not_found, input_not_found, file_not_found, PT409 room_ended, input_closed, '
  'input_answered (otherwise), PT422 input_id_required, budget_lowered, too_much_steering, too_many_files, '
  'too_many_bytes, idempotency_key_reused, PT429 quota_exceeded.';

create function public.unwoken_tasks(p_at timestamptz default now(), p_limit int default 50) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('wait_id', k.input_id, 'token', k.token) order by k.answered_at), '[]')
  from (
    -- Whoever took in the answer has had a minute to wake it.
    select x.* from private.room_task_tokens as x
    where x.answered_at <= p_at - interval '1 minute' order by x.answered_at limit p_limit
  ) as k;
$$;
comment on function public.unwoken_tasks is
  'Tasks whose input is answered and which nobody may have woken: [{wait_id, token}]. They are woken, then forget_tokens is called.';

create function public.forget_tokens(p_wait_ids uuid[]) returns jsonb
language sql security definer set search_path = '' as $$
  with gone as (
    delete from private.room_task_tokens as k where k.input_id = any (p_wait_ids) and k.answered_at is not null returning 1
  )
  select jsonb_build_object('tasks_woken', (select count(*) from gone));
$$;
comment on function public.forget_tokens is 'Forgets tokens of tasks that have been woken: {tasks_woken}. Safe to repeat.';

-- ------------------------------------------------------------------------------------------------------- the end
create function private.room_result(r public.rooms) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'room_id', r.room_id, 'title', left(regexp_replace(coalesce(r.follow_up, r.task_prompt), '\s+', ' ', 'g'), 80), 'part', r.part,
    'run', r.run, 'status', r.status, 'status_reason', r.status_reason, 'issues', r.issues,
    'tokens', r.tokens_used, 'cost', r.cost_used, 'cost_complete', r.cost_complete, 'estimated', r.estimated,
    'files', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', v.id, 'filename', v.filename, 'version', v.version, 'size', v.size, 'mime', v.mime, 'is_partial', v.is_partial
      ) order by v.created_at, v.id), '[]')
      from (
        select n.* from public.files as f
        join public.room_file_versions as n on n.room_id = f.room_id and n.filename = f.filename and n.version = f.version
        where f.room_id = r.id and n.task_id is not null order by n.created_at desc, n.id desc limit 20
      ) as v
    )
  );
$$;
comment on function private.room_result is 'With what a room has ended: the newest twenty files that its agents made, what is missing, what it cost.';

create function private.post_result(p_room_id uuid) returns jsonb
language plpgsql set search_path = '' as $$
declare
  r public.rooms;
  m public.ai_chat_messages;
  v_result jsonb;
  v_said text;
begin
  select x.* into strict r from public.rooms as x where x.id = p_room_id;
  if r.session_id is null then
    return '[]';
  end if;
  v_result := private.room_result(r);
  -- The card has all of it; a prompt has to hold this.
  v_said := left(concat_ws(E'\n', v_result ->> 'title', concat_ws(', ', r.status, r.status_reason),
    (select string_agg(f.value ->> 'filename', ', ') from jsonb_array_elements(v_result -> 'files') as f),
    (select string_agg(i.value, E'\n') from jsonb_array_elements_text(r.issues) as i)), 4000);
  -- About as many tokens as there are three bytes; a model counts some fewer.
  insert into public.ai_chat_messages (session_id, user_id, role, content, token_count, metadata)
  values (r.session_id, r.user_id, 'system', v_said, octet_length(v_said) / 3 + 1, jsonb_build_object('room', v_result))
  returning * into m;
  update public.ai_chat_sessions as s set updated_at = now() where s.id = r.session_id; -- to the top of the list
  return jsonb_build_array(private.emit_event(
    private.session_stream(r.session_id), r.user_id, 'message.added', jsonb_build_object('message', private.message_json(m)),
    jsonb_build_object('message', m.id)
  ));
end;
$$;
comment on function private.post_result is
  'Puts the result of a room that has ended into the conversation from which it was opened, for the user and the coach; returns the events.';

create function private.end_room(r public.rooms, p_status text, p_reason text, p_issues jsonb default '[]') returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_events jsonb := '[]';
  v_cut record;
  v_id uuid;
begin
  -- Whose worker lives may be in the middle of a call that nobody will hear of: it is charged the most that it can have used.
  select coalesce(sum(f.tokens), 0) as tokens, coalesce(sum(f.cost), 0) as cost, coalesce(array_agg(f.call), '{}') as calls into v_cut
  from (
    select t.in_flight_tokens, t.in_flight_cost, private.call_of(t.id, t.attempt) from public.room_tasks as t
    where t.room_id = r.id and t.lease_until > clock_timestamp()
    union all
    select r.in_flight_tokens, r.in_flight_cost, private.call_of(null, r.run) where p_reason = 'cancelled'
  ) as f (tokens, cost, call)
  where f.tokens is not null;
  for v_id in
    select t.id from public.room_tasks as t
    where t.room_id = r.id and t.status in ('pending', 'running', 'waiting') order by t.position
  loop
    v_events := v_events || private.end_task(
      r, v_id, case when p_reason = 'cancelled' then 'cancelled' else 'skipped' end, coalesce(p_reason, 'room_ended')
    );
  end loop;
  update public.rooms as x
  set tokens_used = x.tokens_used + v_cut.tokens, cost_used = x.cost_used + v_cut.cost,
    calls_used = x.calls_used + cardinality(v_cut.calls), cut_calls = x.cut_calls || v_cut.calls,
    estimated = x.estimated or v_cut.calls <> '{}', in_flight_tokens = null, in_flight_cost = null, throttled_until = null,
    issues = (
      select coalesce(jsonb_agg(left(i.value, case p_reason when 'red_flag' then 1500 else 300 end) order by i.nr), '[]')
      from jsonb_array_elements_text(coalesce(nullif(p_issues, 'null'), '[]')) with ordinality as i (value, nr) where i.nr <= 20
    ),
    llm_used = (
      select case when count(distinct lower(m.provider)) > 1 then 'Mixed' when min(lower(m.provider)) = 'openai' then 'OpenAI'
        when min(lower(m.provider)) = 'gemini' then 'Gemini' end
      from public.ai_messages as m where m.room_id = x.id and lower(m.provider) in ('openai', 'gemini')
    ),
    agents_used = (
      select coalesce(jsonb_agg(a.role order by a.first), '[]')
      from (
        select t.role, min(t.position) as first from public.room_tasks as t
        where t.room_id = x.id and t.attempt > 0 group by t.role
      ) as a
    )
  where x.id = r.id
  returning x.* into r;
  perform private.settle_room(r);
  return v_events || private.set_room_status(r, p_status, p_reason) || private.post_result(r.id) || private.emit_event(
    'user:' || r.user_id, r.user_id, 'usage.updated',
    (select jsonb_build_object('usage', to_jsonb(u)) from private.usage_snapshot(r.user_id) as u)
  );
end;
$$;
comment on function private.end_room is
  'Ends an open room and all that is open in it, says which models and agents it used, settles its budget, and tells the '
  'conversation that it came from. Returns the events.';

create function public.finish_room(p_room_id uuid, p_outcome jsonb default '{}') returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_room(p_room_id);
  v_issues constant jsonb := coalesce(nullif(p_outcome -> 'issues', 'null'), '[]');
  v_lost boolean;
  v_status text;
  v_events jsonb := '[]';
begin
  if private.is_open(r) and r.run = coalesce((p_outcome ->> 'run')::int, r.run) then
    select coalesce(bool_or(t.status <> 'done'), true) into v_lost from public.room_tasks as t where t.room_id = r.id and t.part = r.part and t.round = 0
      and t.error_code is distinct from 'removed';
    v_status := coalesce(p_outcome ->> 'status', case when v_lost then 'failed' else 'completed' end);
    v_events := private.end_room(r, v_status, coalesce(
      p_outcome ->> 'reason',
      case when v_status = 'failed' then 'task_failed' when v_issues <> '[]' then 'completed_with_issues' end
    ), v_issues);
  end if;
  return private.room_response(r.id, v_events);
end;
$$;
comment on function public.finish_room is
  'Ends a room as {status: completed or failed, reason, issues, run}: {room, events, listeners, user_listeners}. What is '
  'not said follows: failed, task_failed where a planned task has no result; completed_with_issues where there are '
  'issues. What was not used goes back to the week. Safe to repeat: a room that has ended, or whose run is over, stays as'
  ' it is. PT404 room_not_found.';

create function public.cancel_room(p_user_id uuid, p_room text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  v_events jsonb := '[]';
begin
  if private.is_open(r) then
    v_events := private.end_room(r, 'failed', 'cancelled');
  end if;
  return private.room_response(r.id, v_events, jsonb_build_object('execution_arn', r.execution_arn));
end;
$$;
comment on function public.cancel_room is
  'Ends a room at once as failed, cancelled: {execution_arn (to be stopped; may be null), room, events, listeners, '
  'user_listeners}. What is done stays. Safe to repeat; a room that has ended stays as it is. PT404 room_not_found.';

create function public.retry_room(p_user_id uuid, p_room text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  v_events jsonb := '[]';
begin
  if r.status = 'failed' then
    perform private.refuse_while_rooms_are_busy();
    perform private.reserve_for_room(r, greatest(0, r.token_limit - r.tokens_used), greatest(0, r.cost_limit - r.cost_used));
    update public.ai_messages as m set transcript = '[]'
    where m.transcript <> '[]' and m.task_id in (select t.id from public.room_tasks as t where t.room_id = r.id and t.part = r.part and t.status <> 'done');
    update public.room_tasks as t
    set status = 'pending', error_code = null, ended_at = null, started_at = null
    where t.room_id = r.id and t.part = r.part and t.status <> 'done' and t.error_code is distinct from 'removed';
    update public.rooms as x
    set run = x.run + 1, issues = '[]', review = null, execution_arn = null, hold = null, llm_used = null, agents_used = null,
      alive_until = now() + interval '1 hour'
    where x.id = r.id
    returning x.* into r;
    v_events := private.set_room_status(r, 'pending');
  elsif r.status <> 'pending' and (r.run = 1 or not private.is_open(r)) then
    raise sqlstate 'PT409' using message = 'room_not_failed';
  end if;
  return private.room_response(r.id, v_events);
end;
$$;
comment on function public.retry_room is
  'Makes a failed room pending again for a new run of what is not done, with what is left of its budget: {room (with its '
  'run), events, listeners, user_listeners}. While such a run goes on, or the first one has not begun, a repetition changes nothing. PT404 '
  'room_not_found, PT409 room_not_failed, PT429 quota_exceeded, rooms_busy.';

-- --------------------------------------------------------------------------------------------------- who may watch
create function public.share_room(p_user_id uuid, p_room text, p_on boolean) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  v_events jsonb := '[]';
begin
  if r.is_shared <> p_on then
    update public.rooms as x set is_shared = p_on where x.id = r.id returning x.* into r;
    v_events := jsonb_build_array(private.emit_room(r));
  end if;
  if not p_on then
    perform private.end_subscriptions(private.room_stream(r.id), r.user_id);
  end if;
  return private.room_response(r.id, v_events);
end;
$$;
comment on function public.share_room is
  'Lets others watch a room, or ends that, and their subscriptions, at once: {room, events, listeners, user_listeners}. '
  'Safe to repeat. PT404 room_not_found.';

create function private.readable_room(p_user_id uuid, p_room text) returns public.rooms
language plpgsql stable set search_path = '' as $$
declare
  r public.rooms;
begin
  select x.* into r from public.rooms as x
  where x.id = private.room_key(p_room)
    and (x.user_id = p_user_id or (x.is_shared and exists (select 1 from auth.users as u where u.id = p_user_id)));
  if not found then
    raise sqlstate 'PT404' using message = 'room_not_found';
  end if;
  return r;
end;
$$;
comment on function private.readable_room is 'A room that a user owns or that is shared. PT404 room_not_found.';

create function private.room_messages(r public.rooms, p_own boolean, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(
    jsonb_build_object(
      'id', m.id, 'task_id', m.task_id, 'agent_name', m.agent_name, 'response', m.response, 'model_used', m.model_used,
      'timestamp', private.utc(m."timestamp")
    ) || case when p_own then jsonb_build_object('content', m.content, 'tool_calls', m.tool_calls, 'token_count', m.token_count)
      else '{}' end
    order by m."timestamp", m.id
  ), '[]')
  from (
    select x.* from public.ai_messages as x where x.room_id = r.id order by x."timestamp" desc, x.id desc limit p_limit
  ) as m;
$$;
comment on function private.room_messages is
  'The newest messages of a room, oldest first; others see what agents said, not what they were told.';

create function public.room_snapshot(p_user_id uuid, p_room text, p_messages int default 50) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  r constant public.rooms := private.readable_room(p_user_id, p_room);
  v_own constant boolean := r.user_id = p_user_id;
begin
  return jsonb_build_object(
    'access', case when v_own then 'owner' else 'reader' end,
    'room', private.room_json(r) - case when v_own then '{}'::text[] else array['session_id', 'estimate'] end,
    'tasks', private.tasks_json(r.id, v_own), 'files', private.files_json(r.id),
    'messages', private.room_messages(r, v_own, p_messages), 'review', r.review,
    'as_of', coalesce((select e.last_seq from public.ai_streams as e where e.stream = private.room_stream(r.id)), 0)
  ) || case when v_own then
    jsonb_build_object('inputs', private.inputs_json(r.id), 'budget', private.room_budget(r), 'steer', r.steer) else '{}' end;
end;
$$;
comment on function public.room_snapshot is
  'A room by its id or room_id, all of one instant: {access: owner or reader, room, tasks, files, messages (the newest), '
  'review, as_of}; for its owner also {inputs, budget, steer}. PT404 room_not_found where a user neither owns it nor may watch.';

create function public.room_for_coach(p_user_id uuid, p_room_id uuid default null) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'room_id', r.id, 'asked', left(r.task_prompt, 500), 'status', r.status, 'reason', r.status_reason, 'opened', private.utc(r.created_at),
    'ended', private.utc(r.ended_at), 'follow_up', left(r.follow_up, 500), 'issues', r.issues, 'criteria', r.plan -> 'criteria', 'review', (
      select jsonb_agg(jsonb_build_object('criterion', left(c.value ->> 'criterion', 200), 'met', c.value -> 'met', 'reason', left(c.value ->> 'reason', 200)))
      from jsonb_array_elements(nullif(r.review -> 'criteria', 'null')) as c
    ),
    'tasks', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'role', t.role, 'brief', left(t.brief, 200), 'status', t.status, 'summary', left(t.summary, 500)
      ) order by t.position), '[]')
      from (select x.* from public.room_tasks as x where x.room_id = r.id order by x.position limit 20) as t
    ),
    'files', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'filename', f ->> 'filename', 'description', left(f ->> 'description', 200), 'bytes', f -> 'size', 'version', f -> 'version', 'is_partial', f -> 'is_partial'
      )), '[]')
      from jsonb_array_elements(private.files_json(r.id)) as f
    ),
    'questions', (
      select coalesce(jsonb_agg(left(i.question, 500) order by i.asked_at), '[]')
      from (
        select x.* from public.room_inputs as x
        where x.room_id = r.id and x.answered_at is null and x.question is not null order by x.asked_at limit 5
      ) as i
    )
  )
  from (
    select x.* from public.rooms as x where x.user_id = p_user_id and (p_room_id is null or x.id = p_room_id)
    order by x.created_at desc, x.id desc limit 1
  ) as r;
$$;
comment on function public.room_for_coach is 'How a room of the user''s stands, what was planned, made and found by its review, in few words; the newest without an id. Null for another''s.';

create function public.room_files(p_user_id uuid, p_room text) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  r constant public.rooms := private.readable_room(p_user_id, p_room);
begin
  return jsonb_build_object('room_id', r.room_id, 'access', case when r.user_id = p_user_id then 'owner' else 'reader' end, 'files', (
    select coalesce(jsonb_agg(f.newest || jsonb_build_object('versions', f.versions) order by f.filename), '[]')
    from (
      select v.filename, (array_agg(private.file_json(v) order by v.version desc))[1] as newest,
        jsonb_agg(private.file_json(v) order by v.version) as versions
      from public.room_file_versions as v where v.room_id = r.id and v.status = 'published'
      group by v.filename
    ) as f
  ));
end;
$$;
comment on function public.room_files is
  'The files of a room by name, each its newest version with all versions: {room_id, access, files}. PT404 room_not_found as '
  'room_snapshot.';

create function public.count_file_export(p_user_id uuid) returns void
language sql security definer set search_path = '' as $$
  select private.count_use(p_user_id, 'file_exports');
$$;
comment on function public.count_file_export is
  'Before a file of a room is made anew in another form, whoever''s the room is. PT429 too_many_file_exports.';

create function public.room_events(p_user_id uuid, p_room text, p_after bigint, p_limit int) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  r constant public.rooms := private.readable_room(p_user_id, p_room);
  v_events jsonb;
begin
  v_events := public.list_events(r.user_id, private.room_stream(r.id), p_after, p_limit);
  return case when r.user_id = p_user_id then v_events
    else v_events || jsonb_build_object('items', private.events_to_show(v_events -> 'items')) end;
end;
$$;
comment on function public.room_events is
  'Events of a room behind a seq, at most p_limit: {stream, items, as_of, gap}. PT404 room_not_found as room_snapshot.';

grant execute on function public.request_input, public.save_task_token, public.answer_input, public.unwoken_tasks, public.forget_tokens,
  public.finish_room, public.cancel_room, public.retry_room, public.share_room, public.room_snapshot, public.room_files,
  public.room_for_coach, public.count_file_export, public.room_events to service_role;

-- =====================================================================================================================
-- A room in its owner's hands: held and let go on, its plan changed before it runs, gone on with, deleted
-- =====================================================================================================================

create function public.hold_room(p_user_id uuid, p_room text, p_on boolean) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  v_id uuid;
  v_events jsonb := '[]';
begin
  if p_on and not private.is_open(r) then
    raise sqlstate 'PT409' using message = 'room_ended';
  elsif p_on and r.hold is null then
    update public.rooms as x set hold = 'pause' where x.id = r.id returning x.* into r;
    v_events := jsonb_build_array(private.emit_room(r));
  elsif not p_on and r.hold is not null then
    update public.rooms as x set hold = null, alive_until = greatest(x.alive_until, now() + interval '1 hour')
    where x.id = r.id returning x.* into r;
    for v_id in
      select i.id from public.room_inputs as i
      where i.room_id = r.id and i.kind = 'hold' and i.answered_at is null and i.closed_at is null
    loop
      perform private.close_input(v_id, null);
    end loop;
    v_events := case when r.status = 'active' then private.set_room_status(r, 'processing') else jsonb_build_array(private.emit_room(r)) end
      || private.pause_room(r.id);
  end if;
  return private.answer_response(r, v_events, v_events = '[]');
end;
$$;
comment on function public.hold_room is
  'Lets no agent of a room ask its model from now on, or lets them go on, also behind a plan that its owner wanted to see: what '
  'answer_input returns, with the tokens of those to wake. A call under way is finished. Safe to repeat. PT404 room_not_found, '
  'PT409 room_ended.';

create function public.change_plan(p_user_id uuid, p_room text, p_changes jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  t public.room_tasks;
  c jsonb;
begin
  if not private.is_open(r) or r.plan is null or r.hold is distinct from 'plan' then
    raise sqlstate 'PT409' using message = 'plan_not_open';
  end if;
  for c in select x.value from jsonb_array_elements(coalesce(nullif(p_changes -> 'tasks', 'null'), '[]')) as x loop
    select x.* into t from public.room_tasks as x
    where x.room_id = r.id and x.part = r.part and x.key = c ->> 'key' and x.status in ('pending', 'waiting');
    if not found then
      raise sqlstate 'PT404' using message = 'task_not_found';
    end if;
    if coalesce((c ->> 'removed')::boolean, false) then
      perform private.remove_task(r, t);
    else
      update public.room_tasks as x set brief = coalesce(c ->> 'brief', x.brief) where x.id = t.id;
    end if;
  end loop;
  update public.rooms as x
  set plan = x.plan || case when jsonb_typeof(p_changes -> 'criteria') = 'array' then jsonb_build_object('criteria', p_changes -> 'criteria') else '{}' end,
    estimate = coalesce(p_changes -> 'estimate', x.estimate)
  where x.id = r.id
  returning x.* into r;
  return private.room_response(r.id, jsonb_build_array(private.emit_room(r)));
end;
$$;
comment on function public.change_plan is
  'Changes a plan that its owner has not let run yet: {criteria?, tasks?: [{key, brief? or removed}], estimate?}: {room, events, listeners}. '
  'PT404 room_not_found, task_not_found, PT409 plan_not_open, PT422 task_needed: another task depends on it, or none would be left.';

create function private.remove_task(r public.rooms, t public.room_tasks) returns void
language plpgsql set search_path = '' as $$
begin
  if not exists (
    select from public.room_tasks as o where o.room_id = r.id and o.part = r.part and o.id <> t.id and o.status in ('pending', 'waiting')
  ) or exists (
    select from public.room_tasks as o
    where o.room_id = r.id and o.part = r.part and o.status in ('pending', 'waiting') and t.key = any (o.depends_on)
  ) then
    raise sqlstate 'PT422' using message = 'task_needed';
  end if;
  -- Whoever waits for it in the workflow is woken with the others, and finds nothing to do.
  perform private.close_input(i.id, null) from public.room_inputs as i
  where i.task_id = t.id and i.answered_at is null and i.closed_at is null;
  update public.room_tasks as x set status = 'cancelled', error_code = 'removed', ended_at = clock_timestamp() where x.id = t.id;
end;
$$;
comment on function private.remove_task is 'Takes a task out of a plan. PT422 task_needed.';

create function public.continue_room(
  p_user_id uuid, p_room text, p_follow_up text, p_limits jsonb default '{}', p_files jsonb default '[]',
  p_idempotency_key text default null, p_request_hash text default null
) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
  b constant jsonb := private.default_budget() || jsonb_strip_nulls(coalesce(nullif(p_limits, 'null'), '{}'));
  v_events jsonb;
begin
  if private.claim_idempotency_key(p_user_id, 'continue_room ' || r.id, p_idempotency_key, p_request_hash) is not null then
    return private.room_response(r.id, '[]', '{"replayed": true}');
  end if;
  update public.ai_idempotency_keys as k set response = '{}'
  where k.user_id = p_user_id and k.operation = 'continue_room ' || r.id and k.key = p_idempotency_key;
  if private.is_open(r) then
    raise sqlstate 'PT409' using message = 'room_open';
  end if;
  perform private.count_room(p_user_id);
  update public.rooms as x
  set run = x.run + 1, part = x.part + 1, follow_up = p_follow_up, plan = null, estimate = null, review = null, issues = '[]', hold = null, warned = false,
    execution_arn = null, llm_used = null, agents_used = null, alive_until = now() + interval '1 hour',
    token_limit = x.tokens_used + (b ->> 'tokens')::int, cost_limit = x.cost_used + (b ->> 'cost')::numeric,
    call_limit = x.calls_used + (b ->> 'calls')::int, second_limit = ceil(x.worked_seconds)::int + (b ->> 'seconds')::int,
    file_limit = u.files + (b ->> 'files')::int, byte_limit = u.bytes + (b ->> 'bytes')::bigint
  from private.room_usage(r.id) as u
  where x.id = r.id
  returning x.* into r;
  perform private.reserve_for_room(r, (b ->> 'tokens')::bigint, (b ->> 'cost')::numeric);
  v_events := private.set_room_status(r, 'pending') || private.attach_uploads(r, nullif(p_files, 'null'));
  return private.room_response(r.id, v_events, '{"replayed": false}');
end;
$$;
comment on function public.continue_room is
  'Has a room that has ended worked on, with its files, by what its owner asks for now and a budget of its own: {replayed, room '
  '(pending, a new run and part), events, listeners}. PT404 room_not_found, file_not_found, PT409 room_open, '
  'request_in_progress, PT422 idempotency_key_reused, PT429 quota_exceeded, too_many_rooms, too_many_open_rooms, rooms_busy.';

create function public.room_to_delete(p_user_id uuid, p_room text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms := private.lock_own_room(p_user_id, p_room);
begin
  if private.is_open(r) then
    raise sqlstate 'PT409' using message = 'room_open';
  end if;
  return jsonb_build_object('id', r.id, 'prefixes', jsonb_build_array(r.folder_path) || (
    select coalesce(jsonb_agg(distinct v.key), '[]') from public.room_file_versions as v where v.room_id = r.id and v.task_id is null
  ));
end;
$$;
comment on function public.room_to_delete is
  'The id of a room that has ended, and what the keys of its objects begin with: {id, prefixes}. PT404 room_not_found, PT409 room_open.';

create function public.delete_room(p_user_id uuid, p_room_id uuid, p_prefixes text[]) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_session_id constant uuid := (select r.session_id from public.rooms as r where r.id = p_room_id and r.user_id = p_user_id);
  v_receipt constant jsonb := public.erase_rooms(p_user_id, array[p_room_id]);
begin
  if (v_receipt ->> 'rooms')::int > 0 then
    delete from public.ai_chat_messages as m
    where m.user_id = p_user_id and m.session_id = v_session_id and m.role = 'system' and m.metadata #>> '{room,id}' = p_room_id::text;
  end if;
  perform private.note_leftovers(p_prefixes);
  delete from public.ai_streams as s where s.stream = private.room_stream(p_room_id) and s.user_id = p_user_id;
  perform private.end_subscriptions(private.room_stream(p_room_id));
  return v_receipt;
end;
$$;
comment on function public.delete_room is
  'Deletes a room that has ended, whose objects are gone already, its stream, and its results in a conversation: how many rows of each table. Safe to repeat.';

grant execute on function public.hold_room, public.change_plan, public.continue_room, public.room_to_delete, public.delete_room
  to service_role;

-- =====================================================================================================================
-- Rooms that are opened by the clock: "each Sunday my week"
-- =====================================================================================================================
create table public.room_schedules (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references auth.users (id) on delete cascade,
  room jsonb not null check (jsonb_typeof(room) = 'object' and char_length(room::text) <= 50000),
  weekdays smallint[] not null check (cardinality(weekdays) between 1 and 7 and weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]),
  at time not null,
  time_zone text not null check (char_length(time_zone) <= 64),
  paused boolean not null default false,
  next_at timestamptz not null,
  last_at timestamptz,
  last_room_id uuid,
  last_error text check (char_length(last_error) <= 100),
  created_at timestamptz not null default now()
);
comment on table public.room_schedules is 'A room that is opened anew on days of the week, by the sweep.';
comment on column public.room_schedules.room is 'What create_room takes: {task_prompt, agents, provider, limits, session_id, estimate}.';
comment on column public.room_schedules.weekdays is '1: Monday, as ISO counts them.';
comment on column public.room_schedules.at is 'What clocks show in `time_zone`.';
comment on column public.room_schedules.next_at is 'When it is due: what was missed is made up for once.';
comment on column public.room_schedules.last_error is 'Why no room was opened when it was due last.';
create index room_schedules_user_id_idx on public.room_schedules (user_id, created_at desc, id);
create index room_schedules_next_at_idx on public.room_schedules (next_at) where not paused;
create index room_schedules_last_at_idx on public.room_schedules (last_at);

alter table public.room_schedules enable row level security;
create policy "Owners read their schedules" on public.room_schedules for select to authenticated using (user_id = (select auth.uid()));
grant select on public.room_schedules to authenticated, service_role;

create function private.next_due(p_weekdays smallint[], p_at time, p_time_zone text, p_after timestamptz) returns timestamptz
language sql stable set search_path = '' as $$
  select min(x.due)
  from (select (p_after at time zone p_time_zone)::date as today) as h,
    generate_series(0, 7) as d,
    lateral (select ((h.today + d) + p_at) at time zone p_time_zone as due, extract(isodow from h.today + d)::smallint as weekday) as x
  where x.weekday = any (p_weekdays) and x.due > p_after;
$$;
comment on function private.next_due is
  'The first instant after another one at which clocks in a time zone show a time on one of these days. A time that a change of '
  'the clocks leaves out is an hour later then.';

create function private.schedule_json(s public.room_schedules) returns jsonb
language sql immutable set search_path = '' as $$
  select to_jsonb(s) - array['user_id', 'at'] || jsonb_build_object('at', to_char(s.at, 'HH24:MI'));
$$;
comment on function private.schedule_json is 'A schedule as the API reads it.';

create function public.save_room_schedule(p_user_id uuid, p_schedule jsonb, p_id uuid default null) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  s public.room_schedules;
  v_same public.room_schedules;
  v_session_id constant uuid := p_schedule -> 'room' ->> 'session_id';
begin
  perform private.lock_user(p_user_id);
  if p_id is not null then
    select x.* into s from public.room_schedules as x where x.id = p_id and x.user_id = p_user_id;
    if not found then
      raise sqlstate 'PT404' using message = 'schedule_not_found';
    end if;
  end if;
  if v_session_id is not null
    and not exists (select 1 from public.ai_chat_sessions as c where c.id = v_session_id and c.user_id = p_user_id) then
    raise sqlstate 'PT404' using message = 'session_not_found';
  end if;
  s.id := coalesce(s.id, gen_random_uuid());
  s.user_id := p_user_id;
  s.created_at := coalesce(s.created_at, now());
  s.room := coalesce(s.room, '{}') || coalesce(nullif(p_schedule -> 'room', 'null'), '{}');
  s.weekdays := coalesce((select array_agg(distinct d::smallint order by d::smallint) from jsonb_array_elements_text(nullif(p_schedule -> 'weekdays', 'null')) as d), s.weekdays);
  s.at := coalesce((p_schedule ->> 'at')::time, s.at);
  s.paused := coalesce((p_schedule ->> 'paused')::boolean, s.paused, false);
  s.time_zone := coalesce(p_schedule ->> 'time_zone', s.time_zone, (select p.time_zone from public.ai_profile as p where p.user_id = p_user_id));
  if s.time_zone is null then
    raise sqlstate 'PT422' using message = 'time_zone_needed';
  elsif private.local_time(s.time_zone) is null then
    raise sqlstate 'PT422' using message = 'unknown_time_zone';
  end if;
  if p_id is null then
    select x.* into v_same from public.room_schedules as x
    where x.user_id = p_user_id and (x.room - 'estimate', x.weekdays, x.at, x.time_zone) = (s.room - 'estimate', s.weekdays, s.at, s.time_zone);
    if found then
      return private.schedule_json(v_same);
    elsif (select count(*) from public.room_schedules as x where x.user_id = p_user_id) >= 5 then
      raise sqlstate 'PT429' using message = 'too_many_schedules', detail = '{"limit": 5}';
    end if;
  end if;
  s.next_at := private.next_due(s.weekdays, s.at, s.time_zone, now());
  insert into public.room_schedules select s.*
  on conflict (id) do update set room = excluded.room, weekdays = excluded.weekdays, at = excluded.at, paused = excluded.paused,
    time_zone = excluded.time_zone, next_at = excluded.next_at
  returning * into s;
  return private.schedule_json(s);
end;
$$;
comment on function public.save_room_schedule is
  'A new schedule of a user, or a change of one, from {room, weekdays, at, time_zone?: else that of the profile, paused}; what is left '
  'out of a change stays, and one that there is already is not made again. PT404 schedule_not_found, session_not_found, PT422 time_zone_needed, unknown_time_zone, PT429 '
  'too_many_schedules: there are 5.';

create function public.delete_room_schedule(p_user_id uuid, p_id uuid) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  delete from public.room_schedules as s where s.id = p_id and s.user_id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'schedule_not_found';
  end if;
  return '{}';
end;
$$;
comment on function public.delete_room_schedule is 'Ends a schedule; the rooms that it opened stay. PT404 schedule_not_found.';

create function public.open_scheduled_rooms(p_at timestamptz default now(), p_limit int default 20) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_id uuid;
  v_user_id uuid;
  s public.room_schedules;
  r public.rooms;
  v_done int := 0;
begin
  for v_id, v_user_id in
    select d.id, d.user_id
    from (
      select x.id, x.user_id from public.room_schedules as x join auth.users as u on u.id = x.user_id
      where x.next_at <= p_at and not x.paused
        -- Who may not sign in, or wants the account deleted, has nothing done and nothing spent.
        and coalesce(u.banned_until <= p_at, true) and not exists (select from private.erasures as e where e.user_id = x.user_id)
      order by x.next_at limit p_limit
    ) as d
    order by d.user_id, d.id
  loop
    perform private.lock_user(v_user_id);
    -- Another sweep may have come first.
    select x.* into s from public.room_schedules as x where x.id = v_id and x.next_at <= p_at and not x.paused for update;
    continue when not found;
    r := null;
    s.last_error := null;
    begin
      r := private.open_new_room(s.user_id, null, s.room, null, null);
      perform private.emit_room(r), private.emit_room(r, 'user:' || r.user_id);
    exception when sqlstate 'PT404' or sqlstate 'PT422' or sqlstate 'PT429' then
      s.last_error := left(sqlerrm, 100);
    end;
    exit when s.last_error = 'rooms_busy'; -- this one and the next are due still
    update public.room_schedules as x
    set next_at = private.next_due(x.weekdays, x.at, x.time_zone, p_at), last_at = p_at, last_error = s.last_error,
      last_room_id = coalesce(r.id, x.last_room_id)
    where x.id = s.id;
    v_done := v_done + 1;
  end loop;
  return jsonb_build_object('schedules_run', v_done, 'rooms', (
    select coalesce(jsonb_agg(jsonb_build_object('id', x.id, 'run', x.run)), '[]')
    from public.rooms as x
    where x.id in (select y.last_room_id from public.room_schedules as y where y.last_at > p_at - interval '1 hour')
      and x.status = 'pending' and x.execution_arn is null
  ));
end;
$$;
comment on function public.open_scheduled_rooms is
  'Opens the rooms that are due, each once: {schedules_run, rooms: [{id, run}]: those that were opened within an hour and are to be '
  'started yet}. What was due several times while nobody swept is opened once. '
  'Nothing is due while its owner is banned or the account is being deleted. Where a room may not be opened, last_error says '
  'why, and it waits until it is due again.';

grant execute on function public.save_room_schedule, public.delete_room_schedule, public.open_scheduled_rooms to service_role;

-- =====================================================================================================================
-- Realtime: streams of durable events, sockets and what each listens to, tickets for sockets
-- =====================================================================================================================
-- An event gets its seq in the transaction that made it true. Whoever lost a socket reads on from the last seq it saw.

-- --------------------------------------------------------------------------------------------------- ai_streams
create table public.ai_streams (
  stream text primary key check (stream ~ '^(session|user|room):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'),
  user_id uuid not null references auth.users (id) on delete cascade,
  last_seq bigint not null default 0 check (last_seq >= 0),
  pruned_through bigint not null default 0 check (pruned_through between 0 and last_seq)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02); -- each is counted up again and again, in its own page
comment on table public.ai_streams is 'What events are numbered by: session:<id>, user:<id>, room:<id>.';
comment on column public.ai_streams.pruned_through is
  'Events up to here are gone; who asks for them has a gap and reads a snapshot.';

create index ai_streams_user_id_idx on public.ai_streams (user_id);

create function private.delete_events() returns trigger
language plpgsql set search_path = '' as $$
begin
  delete from public.ai_events as e where e.user_id = old.user_id and e.stream = old.stream;
  return null;
end;
$$;
comment on function private.delete_events is
  'Trigger: deletes the events of a stream that is deleted. A foreign key of both columns would need a second unique index of '
  'streams, at which one of two who open the same stream at once would fail.';
create trigger ai_streams_delete_events after delete on public.ai_streams
  for each row execute function private.delete_events();

alter table public.ai_streams enable row level security;
create policy "Owners use their streams" on public.ai_streams for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_streams to authenticated, service_role;

-- ---------------------------------------------------------------------------------------------------- ai_events
create table public.ai_events (
  stream text not null,
  seq bigint not null check (seq > 0),
  user_id uuid not null references auth.users (id) on delete cascade,
  type text not null check (char_length(type) between 1 and 50),
  data jsonb not null default '{}' check (jsonb_typeof(data) = 'object'),
  created_at timestamptz not null default clock_timestamp(),
  primary key (user_id, stream, seq) -- with the user, whom row level security adds
) with (
  autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02
);
comment on table public.ai_events is 'Durable events, kept for seven days.';
comment on column public.ai_events.data is
  'As it was pushed, with ids in the place of what is read from its own row: see public.list_events.';

create index ai_events_created_at_idx on public.ai_events (created_at);
alter table public.ai_events enable row level security;
create policy "Owners use their events" on public.ai_events for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.ai_events to authenticated, service_role;

create function private.emit_events(p_stream text, p_user_id uuid, p_types text[], p_data jsonb[], p_stored jsonb[])
returns jsonb
language plpgsql set search_path = '' as $$
declare
  v_seq bigint;
  v_events jsonb;
begin
  -- Locks the stream until the transaction ends, so that seqs are seen in their order.
  update public.ai_streams as s set last_seq = s.last_seq + cardinality(p_types) where s.stream = p_stream
  returning s.last_seq into v_seq;
  if not found then
    insert into public.ai_streams as s (stream, user_id, last_seq) values (p_stream, p_user_id, cardinality(p_types))
    on conflict (stream) do update set last_seq = s.last_seq + excluded.last_seq
    returning s.last_seq into v_seq;
  end if;
  v_seq := v_seq - cardinality(p_types);
  with stored as (
    insert into public.ai_events (stream, seq, user_id, type, data)
    select p_stream, v_seq + n.i, p_user_id, n.type, n.data from unnest(p_types, p_stored) with ordinality as n (type, data, i)
    returning seq, type, created_at
  )
  select jsonb_agg(jsonb_build_object(
    'v', 1, 'stream', p_stream, 'seq', e.seq, 'type', e.type, 'ts', private.utc(e.created_at), 'data', p_data[(e.seq - v_seq)::int]
  ) order by e.seq) into v_events
  from stored as e;
  return v_events;
end;
$$;
comment on function private.emit_events is
  'Numbers and stores events of a stream and returns their envelopes, for whoever pushes them. p_stored is kept in the place of '
  'p_data: the same with the id of a message in its place, so that no text is stored twice.';

create function private.emit_event(p_stream text, p_user_id uuid, p_type text, p_data jsonb, p_stored jsonb default null)
returns jsonb
language sql set search_path = '' as $$
  select private.emit_events(p_stream, p_user_id, array[p_type], array[p_data], array[coalesce(p_stored, p_data)]) -> 0;
$$;
comment on function private.emit_event is 'One event, as private.emit_events.';

create function private.stored_turn(t public.ai_chat_turns) returns jsonb
language sql immutable set search_path = '' as $$
  select jsonb_build_object('turn', jsonb_strip_nulls(private.turn_json(t)) - array['session_id', 'status']
    - case when t.cancel_requested_at is null then 'cancel_requested' else '' end);
$$;
comment on function private.stored_turn is 'Of a turn what its event''s stream and type do not say: {turn}, as private.event_data reads it.';

create function private.event_data(e public.ai_events, p_message jsonb) returns jsonb
language sql immutable set search_path = '' as $$
  select e.data
    || case when e.type like 'turn.%' then jsonb_build_object('turn', jsonb_build_object(
      'session_id', substr(e.stream, 9), 'status', replace(substr(e.type, 6), 'started', 'running'), 'replaces', null, 'error_code', null,
      'partial_content', null, 'cancel_requested', false, 'ended_at', null
    ) || (e.data -> 'turn')) else '{}' end
    || case when jsonb_typeof(e.data -> 'message') = 'string' then jsonb_build_object('message', p_message) else '{}' end;
$$;
comment on function private.event_data is
  'What was pushed, of what is stored of it and the message that it names; null for one that is no more.';

create function public.list_events(p_user_id uuid, p_stream text, p_after bigint, p_limit int) returns jsonb
language sql stable security definer set search_path = '' as $$
  with page as materialized (
    select e.* from public.ai_events as e
    where e.user_id = p_user_id and e.stream = p_stream and e.seq > p_after order by e.seq limit p_limit
  ), said as materialized ( -- a message is written a moment before its event: one range of the session's index has all
    select m.* from public.ai_chat_messages as m
    where m.user_id = p_user_id and m.session_id = case when p_stream like 'session:%' then substr(p_stream, 9)::uuid end
      and m.created_at between (select min(x.created_at) - interval '1 minute' from page as x)
        and (select max(x.created_at) from page as x)
  )
  select jsonb_build_object(
    'stream', p_stream,
    'items', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'v', 1, 'stream', e.stream, 'seq', e.seq, 'type', e.type, 'ts', private.utc(e.created_at), 'data', case
          when e.type = 'usage.updated' then (select jsonb_build_object('usage', to_jsonb(u)) from private.usage_snapshot(p_user_id) as u)
          else private.event_data(e::public.ai_events, case when m.id is not null then private.message_json(m::public.ai_chat_messages) end) end
      ) order by e.seq), '[]')
      from page as e left join said as m on m.id::text = e.data ->> 'message'
    ),
    'as_of', coalesce(s.last_seq, 0), 'gap', p_after < coalesce(s.pruned_through, 0)
  )
  from (select) as one left join public.ai_streams as s on s.stream = p_stream and s.user_id = p_user_id;
$$;
comment on function public.list_events is
  'Events of a user''s stream behind a seq, at most p_limit: {stream, items, as_of, gap}, all of one instant. Of usage it tells '
  'what is true now. Empty for another''s stream.';

-- ---------------------------------------------------------------------------------------- websocket_connections
create table public.websocket_connections (
  connection_id text primary key check (char_length(connection_id) <= 128),
  room_id uuid references public.rooms (id) on delete cascade,
  user_id uuid not null references auth.users (id) on delete cascade,
  connected_at timestamptz not null default now()
);
comment on table public.websocket_connections is 'Open sockets. A connection watches one room, or (null) none yet.';

create index websocket_connections_room_id_idx on public.websocket_connections (room_id);
create index websocket_connections_user_id_idx on public.websocket_connections (user_id);

alter table public.websocket_connections enable row level security;
create policy "Owners use their connections" on public.websocket_connections for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.websocket_connections to authenticated, service_role;

-- ------------------------------------------------------------------------------------ websocket_subscriptions
create table public.websocket_subscriptions (
  connection_id text not null references public.websocket_connections (connection_id) on delete cascade,
  stream text not null check (char_length(stream) <= 60),
  user_id uuid not null references auth.users (id) on delete cascade,
  primary key (stream, connection_id)
);
comment on table public.websocket_subscriptions is 'Which streams an open socket is sent.';

create index websocket_subscriptions_connection_id_idx on public.websocket_subscriptions (connection_id);
create index websocket_subscriptions_user_id_idx on public.websocket_subscriptions (user_id);
alter table public.websocket_subscriptions enable row level security;
create policy "Owners use their subscriptions" on public.websocket_subscriptions for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.websocket_subscriptions to authenticated, service_role;

-- --------------------------------------------------------------------------------------------- realtime_tickets
create table public.realtime_tickets (
  ticket_hash text primary key check (ticket_hash ~ '^[0-9a-f]{64}$'),
  user_id uuid not null references auth.users (id) on delete cascade,
  expires_at timestamptz not null
);
comment on table public.realtime_tickets is 'Single-use tickets that open a socket where a client cannot send headers. Hashed.';

create index realtime_tickets_user_id_idx on public.realtime_tickets (user_id);
create index realtime_tickets_expires_at_idx on public.realtime_tickets (expires_at);
alter table public.realtime_tickets enable row level security;
create policy "Owners use their tickets" on public.realtime_tickets for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.realtime_tickets to service_role;

-- ------------------------------------------------------------------------------------------------------- sockets
create function private.socket_life() returns interval
language sql immutable set search_path = '' as $$
  select interval '130 minutes';
$$;
comment on function private.socket_life is 'API Gateway ends a socket after two hours; what is older is a row that was left behind.';

create function public.open_connection(p_connection_id text, p_user_id uuid) returns void
language plpgsql security definer set search_path = '' as $$
begin
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  perform private.lock_user(p_user_id);
  insert into public.websocket_connections (connection_id, user_id) values (p_connection_id, p_user_id)
  on conflict (connection_id) do nothing;
  -- In the order of close_connections; nobody is kept out by rows of sockets whose end was never told.
  delete from public.websocket_connections as c where c.connection_id in (
    select x.connection_id from public.websocket_connections as x
    where x.connection_id in (
      select o.connection_id from public.websocket_connections as o
      where o.user_id = p_user_id order by o.connected_at desc, o.connection_id offset 20
    )
    order by x.connection_id for update
  );
end;
$$;
comment on function public.open_connection is
  'Records a socket that was opened by an authenticated user. Safe to repeat. PT401 when the account is gone. '
  'A user has 20 at most: the oldest gives way.';

create function public.create_ticket(p_user_id uuid, p_ticket_hash text, p_seconds int) returns timestamptz
language plpgsql security definer set search_path = '' as $$
declare
  v_expires_at constant timestamptz := now() + make_interval(secs => p_seconds);
begin
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  perform private.count_use(p_user_id, 'tickets');
  insert into public.realtime_tickets (ticket_hash, user_id, expires_at) values (p_ticket_hash, p_user_id, v_expires_at);
  return v_expires_at;
end;
$$;
comment on function public.create_ticket is
  'Stores the sha256 of a ticket; returns when it ends. PT401 when the account is gone, PT429 too_many_tickets.';

create function public.open_connection_by_ticket(p_connection_id text, p_ticket_hash text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_user_id uuid;
begin
  delete from public.realtime_tickets as t
  where t.ticket_hash = p_ticket_hash and t.expires_at > now()
  returning t.user_id into v_user_id;
  if v_user_id is null then
    raise sqlstate 'PT401' using message = 'ticket_invalid';
  end if;
  perform public.open_connection(p_connection_id, v_user_id);
end;
$$;
comment on function public.open_connection_by_ticket is
  'Spends a ticket on a socket. PT401 ticket_invalid for a spent, expired or unknown one.';

create function public.close_connection(p_connection_id text) returns void
language sql security definer set search_path = '' as $$
  delete from public.websocket_connections where connection_id = p_connection_id;
$$;
comment on function public.close_connection is 'Forgets a socket. Safe to repeat.';

create function public.close_connections(p_connection_ids text[]) returns void
language plpgsql security definer set search_path = '' as $$
begin
  perform from public.websocket_connections as c where c.connection_id = any (p_connection_ids) order by c.connection_id for update;
  perform from public.websocket_subscriptions as w where w.connection_id = any (p_connection_ids)
  order by w.stream, w.connection_id for update; -- as end_subscriptions goes
  delete from public.websocket_connections as c where c.connection_id = any (p_connection_ids);
end;
$$;
comment on function public.close_connections is 'Forgets sockets that a push found gone. Safe to repeat.';

create function private.end_subscriptions(p_stream text, p_spared uuid default null) returns void
language plpgsql set search_path = '' as $$
begin
  perform from public.websocket_subscriptions as w where w.stream = p_stream and w.user_id is distinct from p_spared
  order by w.connection_id for update;
  delete from public.websocket_subscriptions as w where w.stream = p_stream and w.user_id is distinct from p_spared;
end;
$$;
comment on function private.end_subscriptions is
  'Nobody listens to the stream any more, except p_spared. In the order in which close_connections goes, so that neither ever waits '
  'for the other in a circle; no socket is locked, since who subscribes holds it before the room.';

-- ------------------------------------------------------------------------------------------------- subscriptions
create function public.subscribe(p_connection_id text, p_stream text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_stream constant text := lower(p_stream);
  v_user_id uuid;
  v_kind constant text := split_part(v_stream, ':', 1);
  v_id constant text := split_part(v_stream, ':', 2);
  v_owner uuid;
  v_shared boolean := false;
  v_last_seq bigint;
begin
  -- The socket, the room, the stream: whoever locks several of them does so in this order.
  select c.user_id into v_user_id from public.websocket_connections as c where c.connection_id = p_connection_id for key share;
  if v_stream ~ '^[a-z]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
    if v_kind = 'room' then
      -- Locked until the subscription is there: a share that ends now either refuses it or finds and ends it.
      select r.user_id, r.is_shared into v_owner, v_shared from public.rooms as r where r.id = v_id::uuid for share;
    else
      v_owner := case v_kind
        when 'session' then (select s.user_id from public.ai_chat_sessions as s where s.id = v_id::uuid)
        when 'user' then v_id::uuid
      end;
    end if;
  end if;
  if v_user_id is null or v_owner is null or not (v_owner = v_user_id or v_shared) then
    raise sqlstate 'PT404' using message = 'stream_not_found';
  end if;
  insert into public.websocket_subscriptions (connection_id, stream, user_id)
  values (p_connection_id, v_stream, v_user_id)
  on conflict do nothing;
  -- Locks the stream, as emit_event does: an event is either counted in as_of or pushed to the new listener.
  insert into public.ai_streams as s (stream, user_id) values (v_stream, v_owner)
  on conflict (stream) do update set user_id = excluded.user_id
  returning s.last_seq into v_last_seq;
  if v_owner <> v_user_id and (
    select count(*) from public.websocket_subscriptions as w where w.stream = v_stream and w.user_id <> v_owner
  ) > 100 then
    raise sqlstate 'PT429' using message = 'too_many_listeners', detail = '{"limit": 100, "retry_after": 60}';
  end if;
  if (select count(*) from public.websocket_subscriptions as w where w.connection_id = p_connection_id) > 100 then
    raise sqlstate 'PT422' using message = 'too_many_subscriptions', detail = '{"limit": 100}';
  end if;
  return jsonb_build_object('stream', v_stream, 'as_of', v_last_seq);
end;
$$;
comment on function public.subscribe is
  'Sends a stream of the connection''s own user, or of a shared room, to it from now on: {stream (in lower case), as_of}. PT404 stream_not_found '
  'otherwise, PT429 too_many_listeners for a stranger who would be the 101st, PT422 too_many_subscriptions on one socket.';

create function public.unsubscribe(p_connection_id text, p_stream text) returns void
language sql security definer set search_path = '' as $$
  delete from public.websocket_subscriptions where connection_id = p_connection_id and stream = lower(p_stream);
$$;
comment on function public.unsubscribe is 'Ends a subscription. Safe to repeat.';

create function private.listeners(p_user_id uuid, p_stream text) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(w.connection_id order by w.user_id <> p_user_id), '[]')
  from public.websocket_subscriptions as w
  where w.stream = p_stream and (
    w.user_id = p_user_id
    or exists (
      select 1 from public.rooms as r
      where r.id = case when p_stream like 'room:%' then substr(p_stream, 6)::uuid end and r.is_shared and r.user_id = p_user_id
    )
  );
$$;
comment on function private.listeners is
  'The connections that a stream of a user is pushed to: the user''s own first, then those of others while the room is shared.';

grant execute on function public.open_connection, public.create_ticket, public.open_connection_by_ticket,
  public.close_connection, public.close_connections, public.subscribe, public.unsubscribe, public.list_events to service_role;

-- =====================================================================================================================
-- An account as a whole: all of it as one document, and its end
-- =====================================================================================================================

create function private.account_tables()
returns table (name text, belongs text, ordering text)
language sql immutable set search_path = '' as $$
  -- Children first, so that each table's count is its own and not what a cascade took along.
  values
    ('ai_feedback', 'user_id = $1', 'created_at'),
    ('ai_action_requests', 'user_id = $1', 'created_at'),
    ('ai_memories', 'user_id = $1', 'created_at'),
    ('workout_logs', 'user_id = $1', 'performed_on'),
    ('workout_plans', 'user_id = $1', 'created_at'),
    ('ai_idempotency_keys', 'user_id = $1', 'created_at'),
    ('ai_chat_messages', 'user_id = $1', 'created_at'),
    ('ai_usage_ledger', 'user_id = $1', 'created_at'),
    ('ai_usage', 'user_id = $1', 'period_start'),
    ('ai_chat_turns', 'user_id = $1', 'started_at'),
    ('ai_messages', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', '"timestamp"'),
    ('files', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', 'created_at'),
    ('room_file_versions', 'user_id = $1', 'created_at'),
    ('room_inputs', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', 'asked_at'),
    ('room_tasks', 'room_id in (select r.id from public.rooms as r where r.user_id = $1)', 'position'),
    ('websocket_subscriptions', 'user_id = $1', 'stream'),
    ('websocket_connections', 'user_id = $1', 'connected_at'),
    ('realtime_tickets', 'user_id = $1', 'expires_at'),
    ('rooms', 'user_id = $1', 'created_at'),
    ('room_schedules', 'user_id = $1', 'created_at'),
    ('ai_chat_sessions', 'user_id = $1', 'created_at'),
    ('ai_profile', 'user_id = $1', 'created_at'),
    ('ai_user_plans', 'user_id = $1', 'plan_id'),
    ('ai_events', 'user_id = $1', 'created_at'),
    ('ai_streams', 'user_id = $1', 'stream')
$$;
comment on function private.account_tables is
  'Every table that holds something of a user: which of its rows are the user''s, and their order in an export. A test compares '
  'it with the catalogue.';

create function public.export_account(p_user_id uuid) returns text
language plpgsql security definer set search_path = '' set statement_timeout = '25s' as $$
declare
  v_user jsonb;
  -- Joined once at the end: a document that grows by a table is copied for each.
  v_tables text[] := '{}';
  v_rows text;
  t record;
begin
  select jsonb_build_object(
    'id', u.id, 'email', u.email, 'created_at', u.created_at, 'user_metadata', u.raw_user_meta_data
  ) into v_user
  from auth.users as u where u.id = p_user_id;
  if not found then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  perform private.count_use(p_user_id, 'exports');
  for t in select a.* from private.account_tables() as a loop
    execute format(
      'select string_agg(row_to_json(x)::text, '','' order by x.%s) from public.%I as x where %s', t.ordering, t.name, t.belongs
    ) into v_rows using p_user_id;
    v_tables := v_tables || format('%s:[%s]', to_json(t.name), v_rows);
  end loop;
  return format(
    '{"exported_at":%s,"user":%s,"tables":{%s}}', to_json(now()), v_user, array_to_string(v_tables, ',')
  );
end;
$$;
comment on function public.export_account is
  'Everything that is stored of a user as the text of a JSON document: {exported_at, user, tables: {name: rows}}, all of one '
  'instant. Years of it are many megabytes, which nobody on the way has to read. PT401 account_gone, PT429 too_many_exports.';

-- ------------------------------------------------------------------------------------------------------ its end
create table private.erasures (
  user_id uuid primary key references auth.users (id) on delete cascade,
  asked_at timestamptz not null default now()
);
comment on table private.erasures is 'Accounts that are being deleted: what takes longer than a request is gone on with by the sweep.';
create index erasures_asked_at_idx on private.erasures (asked_at);

create table private.leftovers (
  prefix text primary key,
  due_at timestamptz not null
);
comment on table private.leftovers is
  'Where a deleted account may still put objects, by an address that it was given or an agent at work: looked at once more when '
  'both must have ended.';
create index leftovers_due_at_idx on private.leftovers (due_at);

create function private.note_leftovers(p_prefixes text[]) returns void
language sql set search_path = '' as $$
  insert into private.leftovers as l (prefix, due_at)
  -- Addresses hold for 15 minutes, and so long an agent may run.
  select distinct x.prefix, now() + interval '20 minutes' from unnest(p_prefixes) as x (prefix)
  on conflict (prefix) do update set due_at = excluded.due_at;
$$;
comment on function private.note_leftovers is 'Has the sweep look at these prefixes of keys in twenty minutes.';

create function public.begin_erasure(p_user_id uuid) returns void
language sql security definer set search_path = '' as $$
  insert into private.erasures (user_id) select u.id from auth.users as u where u.id = p_user_id on conflict do nothing;
$$;
comment on function public.begin_erasure is 'Notes that a user wants the account deleted. Safe to repeat.';

create function public.end_rooms_to_erase(p_user_id uuid, p_limit int default 50) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_rooms jsonb := '[]';
  v_open boolean;
  r public.rooms;
begin
  perform private.lock_user(p_user_id);
  for r in select x.* from public.rooms as x where x.user_id = p_user_id order by x.created_at, x.id limit p_limit for update loop
    v_open := private.is_open(r);
    if v_open then
      perform private.end_room(r, 'failed', 'cancelled');
      perform private.note_leftovers(array[r.folder_path]);
    end if;
    v_rooms := v_rooms || jsonb_build_object(
      'id', r.id, 'folder_path', r.folder_path, 'execution_arn', case when v_open then r.execution_arn end
    );
  end loop;
  return v_rooms;
end;
$$;
comment on function public.end_rooms_to_erase is
  'The user''s oldest rooms, ended: [{id, folder_path, execution_arn (where it was open: to be stopped)}].';

create function public.erase_rooms(p_user_id uuid, p_ids uuid[]) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_receipt jsonb := '{}';
  v_count int;
  t record;
begin
  perform private.lock_user(p_user_id);
  for t in
    select a.name, case when a.name = 'rooms' then 'x.id' else 'x.room_id' end as of_room from private.account_tables() as a
    where a.name in ('ai_messages', 'files', 'room_file_versions', 'room_inputs', 'room_tasks', 'rooms')
  loop
    execute format(
      'delete from public.%I as x where %s in (select r.id from public.rooms as r where r.user_id = $1 and r.id = any ($2) and not private.is_open(r))',
      t.name, t.of_room
    ) using p_user_id, p_ids;
    get diagnostics v_count = row_count;
    v_receipt := v_receipt || jsonb_build_object(t.name, v_count);
  end loop;
  return v_receipt;
end;
$$;
comment on function public.erase_rooms is
  'Deletes some rooms of a user, whose objects are gone already, and returns how many rows of each table. One that its owner has '
  'begun again meanwhile is left for the next bite. Safe to repeat.';

create function public.claim_erasure(p_at timestamptz default now()) returns uuid
language sql security definer set search_path = '' as $$
  update private.erasures as e set asked_at = p_at
  where e.user_id = (
    select x.user_id from private.erasures as x
    where x.asked_at <= p_at - interval '5 minutes' order by x.asked_at for update skip locked limit 1
  )
  returning e.user_id;
$$;
comment on function public.claim_erasure is
  'A user whose deletion nobody has gone on with for five minutes; null where there is none. It is the caller''s for five minutes.';

create function public.due_leftovers(p_at timestamptz default now()) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(l.prefix), '[]')
  from (select x.prefix from private.leftovers as x where x.due_at <= p_at order by x.due_at limit 100) as l;
$$;
comment on function public.due_leftovers is 'Prefixes of keys at which nothing should be any more: [prefix].';

create function public.forget_leftovers(p_prefixes text[]) returns jsonb
language sql security definer set search_path = '' as $$
  with gone as (delete from private.leftovers as l where l.prefix = any (p_prefixes) returning l.prefix)
  select jsonb_build_object('leftovers_deleted', (select count(*) from gone));
$$;
comment on function public.forget_leftovers is 'Forgets prefixes whose objects have been deleted. Safe to repeat.';

create function public.delete_account_data(p_user_id uuid, p_prefixes text[] default '{}', p_limit int default 10000)
returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_receipt jsonb := '{}';
  v_count int;
  v_ledger int;
  t record;
begin
  perform private.lock_user(p_user_id);
  perform private.note_leftovers(
    p_prefixes || array(select r.folder_path from public.rooms as r where r.user_id = p_user_id) -- opened a moment ago
  );
  -- In the order in which subscribe goes, and before what hangs on them: close_connections goes by the sockets, prune_events by
  -- the streams.
  perform from public.websocket_connections as c where c.user_id = p_user_id order by c.connection_id for update;
  perform from public.rooms as r where r.user_id = p_user_id order by r.id for update;
  perform from public.ai_streams as s where s.user_id = p_user_id order by s.stream for update;
  -- In one statement, so that no settlement falls between what is summed and what is deleted.
  with bite as materialized (
    select l.id, u.period_start, c.id is not null as at_work
    from public.ai_usage_ledger as l
    join public.ai_usage as u on u.id = l.usage_id
    -- Its worker can settle no more: as in delete_session, it has used the most that it can have.
    left join public.ai_chat_turns as c on c.id = l.turn_id and c.status = 'running' and c.lease_until > now()
    where l.user_id = p_user_id limit p_limit
  ), gone as (
    delete from public.ai_usage_ledger as l using bite as b where l.id = b.id
    returning b.period_start, coalesce(l.model, '') as model, l.status = 'settled' or b.at_work as is_used,
      coalesce(l.tokens_used, l.tokens_reserved) as tokens_used, coalesce(l.cost_used, l.cost_reserved) as cost_used
  ), summed as (
    insert into public.ai_usage_totals as s (period_start, model, reservations, tokens, cost)
    select g.period_start, g.model, count(*), sum(g.tokens_used), sum(g.cost_used)
    from gone as g
    where g.is_used
    group by g.period_start, g.model
    order by g.period_start, g.model -- accounts that are deleted at once wait for each other in one order
    on conflict (period_start, model) do update
    set reservations = s.reservations + excluded.reservations, tokens = s.tokens + excluded.tokens,
      cost = s.cost + excluded.cost
  )
  select count(*) into v_ledger from gone;
  if v_ledger >= p_limit then
    return jsonb_build_object('ai_usage_ledger', v_ledger); -- the rest needs its weeks
  end if;

  for t in select a.* from private.account_tables() as a loop
    execute format(
      'delete from public.%I where ctid = any (array(select x.ctid from public.%I as x where %s limit $2))', t.name, t.name, t.belongs
    ) using p_user_id, p_limit;
    get diagnostics v_count = row_count;
    v_receipt := v_receipt || jsonb_build_object(t.name, v_count);
    exit when v_count >= p_limit; -- what it belongs to would take the rest along, however much that is
  end loop;
  return v_receipt || jsonb_build_object('ai_usage_ledger', v_ledger);
end;
$$;
comment on function public.delete_account_data is
  'Deletes the rows of a user and returns how many of each table: at most p_limit, and again until no table has so many. What was '
  'used stays as a sum over all deleted accounts. What comes to p_prefixes afterwards is deleted by the sweep. Safe to repeat.';

grant execute on function public.export_account, public.begin_erasure, public.end_rooms_to_erase, public.erase_rooms,
  public.claim_erasure, public.due_leftovers, public.forget_leftovers, public.delete_account_data to service_role;

-- =====================================================================================================================
-- Operations: what whoever runs Hercules looks at, over all users. Numbers and ids; a text only where its user agreed
-- =====================================================================================================================

-- In the order in which rows come, so that a few pages say where a day is.
create index ai_usage_ledger_created_at_idx on public.ai_usage_ledger using brin (created_at) with (pages_per_range = 32);
create index ai_chat_turns_started_at_idx on public.ai_chat_turns using brin (started_at) with (pages_per_range = 32);
create index rooms_created_at_idx on public.rooms using brin (created_at) with (pages_per_range = 32);
create index ai_feedback_created_at_idx on public.ai_feedback (created_at desc, id desc);

create function private.period(p_from date, p_until date) returns tstzrange
language plpgsql immutable set search_path = '' as $$
declare
  c_most constant int := 92; -- days: a quarter
begin
  if p_until < p_from or p_until - p_from >= c_most or p_from is null or p_until is null then
    raise sqlstate 'PT422' using message = 'bad_period';
  end if;
  return tstzrange(p_from::timestamp at time zone 'UTC', (p_until + 1)::timestamp at time zone 'UTC');
end;
$$;
comment on function private.period is 'The days from the one to the other, in UTC. PT422 bad_period for more than 92, or none.';

create function private.day(p_at timestamptz) returns date
language sql immutable set search_path = '' as $$ select (p_at at time zone 'UTC')::date; $$;
comment on function private.day is 'The day of a time, in UTC.';

-- ------------------------------------------------------------------------------------------------ use and cost
create function public.operations_usage(p_from date, p_until date) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  c_most constant int := 2000;
  v_period constant tstzrange := private.period(p_from, p_until);
  v_shown jsonb;
begin
  with settled as (
    select private.day(l.created_at) as day, coalesce(l.model, 'unknown') as model, coalesce(u.plan_id, d.id) as plan,
      case when l.room_id is null then 'coach' else 'rooms' end as half,
      count(*) as uses, sum(l.messages_used) as messages, sum(l.tokens_used) as tokens, sum(l.cost_used) as cost,
      sum(l.cost_used) filter (where not l.charged) as cost_uncharged, bool_and(l.cost_complete) as cost_complete
    from public.ai_usage_ledger as l
    join public.ai_usage_plans as d on d.is_default
    left join public.ai_user_plans as u on u.user_id = l.user_id
    where l.created_at >= lower(v_period) and l.created_at < upper(v_period) and l.status = 'settled'
    group by 1, 2, 3, 4
  ), shown as (
    select s.* from settled as s order by s.day desc, s.cost desc, s.model, s.plan, s.half limit c_most
  )
  select jsonb_build_object(
    'total', (
      select jsonb_build_object(
        'uses', coalesce(sum(s.uses), 0), 'messages', coalesce(sum(s.messages), 0), 'tokens', coalesce(sum(s.tokens), 0),
        'cost', coalesce(sum(s.cost), 0), 'cost_uncharged', coalesce(sum(s.cost_uncharged), 0),
        'cost_complete', coalesce(bool_and(s.cost_complete), true)
      )
      from settled as s
    ),
    'items', (
      select coalesce(jsonb_agg(to_jsonb(s) || jsonb_build_object('cost_uncharged', coalesce(s.cost_uncharged, 0))
        order by s.day desc, s.cost desc, s.model, s.plan, s.half), '[]')
      from shown as s
    ),
    'left_out', (select count(*) from settled) - (select count(*) from shown)
  ) into v_shown;
  return v_shown || jsonb_build_object('deleted_accounts', (
    select coalesce(jsonb_agg(jsonb_build_object(
      'week', d.period_start, 'model', d.model, 'uses', d.reservations, 'tokens', d.tokens, 'cost', d.cost
    ) order by d.period_start desc, d.model), '[]')
    from (
      select t.* from public.ai_usage_totals as t
      where t.period_start between p_from - 6 and p_until order by t.period_start desc, t.model limit c_most
    ) as d
  ));
end;
$$;
comment on function public.operations_usage is
  'What was used in a period of at most 92 days, by day, model, plan of today and half of the product: {total, items, left_out, '
  'deleted_accounts}. total is of all of it, items are at most 2,000. Of deleted accounts there are sums by week. PT422 bad_period.';

-- --------------------------------------------------------------------------------------------- turns and rooms
create function private.turn_row(t public.ai_chat_turns) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'id', t.id, 'session_id', t.session_id, 'user_id', t.user_id, 'status', t.status, 'error_code', t.error_code,
    'started_at', private.utc(t.started_at), 'ended_at', private.utc(t.ended_at), 'message_id', m.id, 'model', l.model,
    'tokens', l.tokens_used, 'cost', l.cost_used, 'charged', l.charged,
    'first_token_ms', m.metadata #> '{receipt,first_token_ms}', 'model_calls', m.metadata #> '{receipt,model_calls}',
    'prompt_version', m.metadata #>> '{receipt,prompt_version}',
    'passages', jsonb_array_length(m.metadata #> '{receipt,chunks}'), 'citations', jsonb_array_length(m.metadata -> 'citations'),
    'citations_dropped', m.metadata #> '{receipt,citations_dropped}',
    'safety', (m.metadata -> 'safety') - 'source'::text, 'truncated', coalesce((m.metadata -> 'truncated')::boolean, false)
  )
  from (select) as one
  left join public.ai_chat_messages as m on m.turn_id = t.id and m.role = 'assistant'
  left join public.ai_usage_ledger as l on l.turn_id = t.id;
$$;
comment on function private.turn_row is 'A turn without a word of what was said in it.';

create function public.operations_turns(
  p_from date, p_until date, p_status text default null, p_limit int default 20,
  p_before timestamptz default null, p_before_id uuid default null
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_period constant tstzrange := private.period(p_from, p_until);
begin
  return jsonb_build_object(
    'days', (
      select coalesce(jsonb_agg(to_jsonb(d) order by d.day desc, d.status, d.error_code), '[]')
      from (
        select private.day(t.started_at) as day, t.status, t.error_code, count(*) as turns,
          percentile_disc(0.5) within group (order by (m.metadata #>> '{receipt,first_token_ms}')::numeric) as first_token_ms_p50,
          percentile_disc(0.95) within group (order by (m.metadata #>> '{receipt,first_token_ms}')::numeric) as first_token_ms_p95,
          round(percentile_disc(0.5) within group (order by extract(epoch from t.ended_at - t.started_at)), 3) as seconds_p50,
          round(percentile_disc(0.95) within group (order by extract(epoch from t.ended_at - t.started_at)), 3) as seconds_p95
        from public.ai_chat_turns as t
        left join public.ai_chat_messages as m on m.turn_id = t.id and m.role = 'assistant'
        where p_before is null and t.started_at >= lower(v_period) and t.started_at < upper(v_period)
          and (p_status is null or t.status = p_status)
        group by 1, 2, 3 order by 1 desc, 2, 3 limit 2000
      ) as d
    ),
    'items', (
      select coalesce(jsonb_agg(private.turn_row(x::public.ai_chat_turns) order by x.started_at desc, x.id desc), '[]')
      from (
        select t.* from public.ai_chat_turns as t
        where t.started_at >= lower(v_period) and t.started_at < least(upper(v_period), p_before + interval '1 microsecond')
          and (p_before is null or (t.started_at, t.id) < (p_before, p_before_id)) and (p_status is null or t.status = p_status)
        order by t.started_at desc, t.id desc limit least(p_limit, 101)
      ) as x
    )
  );
end;
$$;
comment on function public.operations_turns is
  'How the turns of a period ended: {days, items}. days count them by day, status and code, with percentiles of the time to the first '
  'token and of the whole; items are the newest, or those before (p_before, p_before_id), without days. PT422 bad_period.';

create function private.room_row(r public.rooms) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'id', r.id, 'user_id', r.user_id, 'status', r.status, 'status_reason', r.status_reason, 'run', r.run,
    'created_at', private.utc(r.created_at), 'ended_at', private.utc(r.ended_at), 'worked_seconds', r.worked_seconds,
    'llm_used', r.llm_used, 'calls', r.calls_used, 'tokens', r.tokens_used, 'cost', r.cost_used, 'cost_complete', r.cost_complete,
    'issues', jsonb_array_length(r.issues),
    'tasks', (select jsonb_object_agg(s.status, s.n) from (
      select t.status, count(*) as n from public.room_tasks as t where t.room_id = r.id group by t.status
    ) as s)
  );
$$;
comment on function private.room_row is 'A room without a word of what it is about.';

create function public.operations_rooms(
  p_from date, p_until date, p_status text default null, p_limit int default 20,
  p_before timestamptz default null, p_before_id uuid default null
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_period constant tstzrange := private.period(p_from, p_until);
begin
  return jsonb_build_object(
    'days', (
      select coalesce(jsonb_agg(to_jsonb(d) order by d.day desc, d.status, d.status_reason), '[]')
      from (
        select private.day(r.created_at) as day, r.status, r.status_reason, count(*) as rooms, sum(r.tokens_used) as tokens,
          sum(r.cost_used) as cost, round(avg(r.worked_seconds)::numeric, 1) as worked_seconds
        from public.rooms as r
        where p_before is null and r.created_at >= lower(v_period) and r.created_at < upper(v_period)
          and (p_status is null or r.status = p_status)
        group by 1, 2, 3 order by 1 desc, 2, 3 limit 2000
      ) as d
    ),
    'items', (
      select coalesce(jsonb_agg(private.room_row(x::public.rooms) order by x.created_at desc, x.id desc), '[]')
      from (
        select r.* from public.rooms as r
        where r.created_at >= lower(v_period) and r.created_at < least(upper(v_period), p_before + interval '1 microsecond')
          and (p_before is null or (r.created_at, r.id) < (p_before, p_before_id)) and (p_status is null or r.status = p_status)
        order by r.created_at desc, r.id desc limit least(p_limit, 101)
      ) as x
    )
  );
end;
$$;
comment on function public.operations_rooms is
  'How the rooms of a period ended, and why: {days, items} as operations_turns has them. PT422 bad_period.';

-- ----------------------------------------------------------------------------------------------------- ratings
create function public.operations_ratings(
  p_from date, p_until date, p_rating int default null, p_limit int default 20,
  p_before timestamptz default null, p_before_id uuid default null
) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_period constant tstzrange := private.period(p_from, p_until);
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', x.id, 'user_id', x.user_id, 'message_id', x.message_id, 'turn_id', m.turn_id, 'rating', x.rating, 'reasons', x.reasons,
      'comment', x.comment, 'created_at', private.utc(x.created_at), 'model', m.metadata #>> '{receipt,model}',
      'prompt_version', m.metadata #>> '{receipt,prompt_version}'
    ) order by x.created_at desc, x.id desc), '[]')
    from (
      select f.* from public.ai_feedback as f
      where f.created_at >= lower(v_period) and f.created_at < upper(v_period)
        and (p_before is null or (f.created_at, f.id) < (p_before, p_before_id)) and (p_rating is null or f.rating = p_rating)
      order by f.created_at desc, f.id desc limit least(p_limit, 101)
    ) as x
    join public.ai_chat_messages as m on m.id = x.message_id
  );
end;
$$;
comment on function public.operations_ratings is
  'Ratings of a period, the newest first, with what their users wrote to whoever runs this. PT422 bad_period.';

-- --------------------------------------------------------------------------------------------- knowledge, safety
create function private.answers(p_period tstzrange) returns setof public.ai_chat_messages
language sql stable set search_path = '' as $$
  select m.* from public.ai_chat_turns as t
  join public.ai_chat_messages as m on m.turn_id = t.id and m.role = 'assistant'
  where t.started_at >= lower(p_period) and t.started_at < upper(p_period);
$$;
comment on function private.answers is 'The answers of a period.';

create function public.operations_knowledge(p_from date, p_until date, p_limit int default 50) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_period constant tstzrange := private.period(p_from, p_until);
  v_limit constant int := least(p_limit, 200);
  v_found jsonb;
begin
  with answered as materialized (
    select a.turn_id, a.user_id, private.day(a.created_at) as day, a.metadata,
      a.metadata #> '{receipt,searched}' = 'true' and a.metadata #> '{receipt,chunks}' = '[]' as found_nothing
    from private.answers(v_period) as a
  ), cited as (
    select c.value ->> 'source' as source, count(distinct a.turn_id) as answers
    from answered as a cross join jsonb_array_elements(a.metadata -> 'citations') as c group by 1
  )
  select jsonb_build_object(
    'documents', (
      select coalesce(jsonb_agg(to_jsonb(x) order by x.status, x.error_code), '[]')
      from (
        select s.status, s.error_code, count(*) as documents, sum(s.chunk_count) as chunks
        from public.ai_kb_sources as s group by 1, 2 order by 1, 2 limit 200
      ) as x
    ),
    'days', (
      select coalesce(jsonb_agg(to_jsonb(x) order by x.day desc), '[]')
      from (
        select a.day, count(*) filter (where a.metadata #> '{receipt,searched}' = 'true') as searched,
          count(*) filter (where a.found_nothing) as found_nothing,
          count(*) filter (where a.metadata -> 'citations' <> '[]') as cited
        from answered as a group by 1
      ) as x
    ),
    'found_nothing', (
      select coalesce(jsonb_agg(jsonb_build_object('asked_at', private.utc(x.created_at), 'question', left(x.content, 500))
        order by x.created_at desc), '[]')
      from (
        select q.created_at, q.content
        from answered as a
        join public.ai_profile as p on p.user_id = a.user_id and p.preferences -> 'share_questions' = 'true'
        join public.ai_chat_messages as q on q.turn_id = a.turn_id and q.role = 'user'
        where a.found_nothing order by q.created_at desc limit v_limit
      ) as x
    ),
    'most_cited', (
      select coalesce(jsonb_agg(to_jsonb(x) order by x.answers desc, x.source), '[]')
      from (select c.source, c.answers from cited as c order by c.answers desc, c.source limit v_limit) as x
    ),
    'never_cited', (
      select coalesce(jsonb_agg(to_jsonb(x) order by x.source), '[]')
      from (
        select s.source, s.title from public.ai_kb_sources as s
        where s.status = 'ready' and not exists (select from cited as c where c.source = s.source)
        order by s.source limit v_limit
      ) as x
    )
  ) into v_found;
  return v_found;
end;
$$;
comment on function public.operations_knowledge is
  'How the knowledge base serves the questions of a period: {documents, days, found_nothing, most_cited, never_cited}. documents are '
  'counted by status and code, as they are now. Questions that found nothing are counted by day; their words are shown where the '
  'preferences of the user''s profile say "share_questions": true. Lists have at most 200. PT422 bad_period.';

create function public.operations_safety(p_from date, p_until date) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_period constant tstzrange := private.period(p_from, p_until);
begin
  return (
    select coalesce(jsonb_agg(to_jsonb(x) order by x.day desc, x.outcome, x.rule), '[]')
    from (
      select private.day(a.created_at) as day, o.key as outcome, r.rule, count(*) as answers
      from private.answers(v_period) as a
      cross join jsonb_each(a.metadata -> 'safety') as o
      cross join lateral (
        select jsonb_array_elements_text(o.value) as rule where jsonb_typeof(o.value) = 'array'
        union all select o.value #>> '{}' where jsonb_typeof(o.value) = 'string'
      ) as r
      where o.key in ('red_flag', 'mended', 'left_out', 'withheld')
      group by 1, 2, 3 order by 1 desc, 2, 3 limit 5000
    ) as x
  );
end;
$$;
comment on function public.operations_safety is
  'Which rule had how many answers replaced by advice (red_flag), mended, left_out in part or withheld, by day. PT422 bad_period.';

-- ------------------------------------------------------------------------------------------------------- plans
create function public.operations_plans() returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object(
    'users', case when not p.is_default then (select count(*) from public.ai_user_plans as u where u.plan_id = p.id) end
  ) order by p.id), '[]')
  from (select x.* from public.ai_usage_plans as x order by x.id limit 200) as p;
$$;
comment on function public.operations_plans is 'The plans with how many users each has; users is null for the default plan: all others.';

create function public.user_plan(p_user_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
begin
  perform from auth.users as a where a.id = p_user_id;
  if not found then
    raise sqlstate 'PT404' using message = 'user_not_found';
  end if;
  return (
    select jsonb_build_object('user_id', p_user_id, 'plan', u.plan, 'usage', to_jsonb(u)) from private.usage_snapshot(p_user_id) as u
  );
end;
$$;
comment on function public.user_plan is 'The plan of a user and what they used of it: {user_id, plan, usage}. PT404 user_not_found.';

create function public.set_user_plan(p_user_id uuid, p_plan text) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_is_default boolean;
begin
  perform private.lock_user(p_user_id);
  perform public.user_plan(p_user_id);
  select p.is_default into v_is_default from public.ai_usage_plans as p where p.id = p_plan;
  if not found then
    raise sqlstate 'PT422' using message = 'unknown_plan';
  elsif v_is_default then
    delete from public.ai_user_plans as u where u.user_id = p_user_id;
  else
    insert into public.ai_user_plans (user_id, plan_id) values (p_user_id, p_plan)
    on conflict (user_id) do update set plan_id = excluded.plan_id;
  end if;
  return public.user_plan(p_user_id);
end;
$$;
comment on function public.set_user_plan is
  'Puts a user on a plan, from the next reservation on, and answers as user_plan. Safe to repeat. PT404 user_not_found, PT422 unknown_plan.';

grant execute on function public.operations_usage, public.operations_turns, public.operations_rooms, public.operations_ratings,
  public.operations_knowledge, public.operations_safety, public.operations_plans, public.user_plan, public.set_user_plan to service_role;

-- =====================================================================================================================
-- Traces: how one turn or one room went, stage by stage, for whoever runs Hercules: ids, codes and numbers, no word
-- =====================================================================================================================

create function private.turn_stages(t public.ai_chat_turns) returns jsonb
language sql stable set search_path = '' as $$
  -- In their order: of one transaction some have the time of its start, some that of the clock.
  select jsonb_agg(jsonb_build_object('stage', s.stage, 'at', private.utc(s.at)) order by s.place)
  from (
    values (1, 'started', t.started_at),
      (2, 'reserved', (select l.created_at from public.ai_usage_ledger as l where l.turn_id = t.id)),
      (3, 'asked', (select min(m.created_at) from public.ai_chat_messages as m where m.turn_id = t.id and m.role = 'user')),
      (4, 'cancel_requested', t.cancel_requested_at),
      (5, 'answered', (select m.created_at from public.ai_chat_messages as m where m.turn_id = t.id and m.role = 'assistant')),
      (6, 'settled', (select l.ended_at from public.ai_usage_ledger as l where l.turn_id = t.id)),
      (7, t.status, t.ended_at)
  ) as s (place, stage, at)
  where s.at is not null;
$$;
comment on function private.turn_stages is 'How far a turn has come, and when: [{stage, at}].';

create function public.operations_turn(p_turn_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  t public.ai_chat_turns;
  l public.ai_usage_ledger;
  v_receipt jsonb;
begin
  select x.* into t from public.ai_chat_turns as x where x.id = p_turn_id;
  if not found then
    raise sqlstate 'PT404' using message = 'turn_not_found';
  end if;
  select x.* into l from public.ai_usage_ledger as x where x.turn_id = t.id;
  select x.metadata -> 'receipt' into v_receipt from public.ai_chat_messages as x where x.turn_id = t.id and x.role = 'assistant';
  return jsonb_build_object(
    'turn', private.turn_row(t),
    'receipt', v_receipt,
    'reservation', case when l.id is not null then jsonb_build_object(
      'status', l.status, 'tokens_reserved', l.tokens_reserved, 'tokens_used', l.tokens_used, 'cost_reserved', l.cost_reserved,
      'cost_used', l.cost_used, 'estimated', l.estimated, 'cost_complete', l.cost_complete, 'charged', l.charged
    ) end,
    'stages', private.turn_stages(t),
    'actions', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', x.id, 'action_type', x.action_type, 'status', x.status, 'decision', x.decision, 'created_at', private.utc(x.created_at),
        'decided_at', private.utc(x.decided_at), 'executed_at', private.utc(x.executed_at), 'undone_at', private.utc(x.undone_at)
      ) order by x.created_at, x.id), '[]')
      from (select a.* from public.ai_action_requests as a where a.turn_id = t.id order by a.created_at, a.id limit 50) as x
    )
  );
end;
$$;
comment on function public.operations_turn is
  'How a turn went: {turn, receipt, reservation, stages, actions}; stages are [{stage, at}]. PT404 turn_not_found.';

create function private.room_tasks_traced(p_room_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', t.id, 'key', t.key, 'role', t.role, 'part', t.part, 'round', t.round, 'depends_on', t.depends_on, 'status', t.status,
    'error_code', t.error_code, 'attempts', t.attempt, 'calls', t.calls, 'tokens', t.tokens_used, 'cost', t.cost_used,
    'started_at', private.utc(t.started_at), 'ended_at', private.utc(t.ended_at)
  ) order by t.part, t.position), '[]')
  from (select x.* from public.room_tasks as x where x.room_id = p_room_id order by x.part, x.position limit 200) as t;
$$;
comment on function private.room_tasks_traced is 'The tasks of a room without their briefs.';

create function private.room_calls_traced(p_room_id uuid) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'task_id', m.task_id, 'agent', m.agent_name, 'attempt', m.attempt, 'step', m.step, 'model', m.model_used, 'provider', m.provider,
    'tokens', m.token_count, 'tool_calls', case when jsonb_typeof(m.tool_calls) = 'array' then jsonb_array_length(m.tool_calls) else 0 end,
    'at', private.utc(m."timestamp")
  ) order by m."timestamp", m.id), '[]')
  from (
    select x.* from public.ai_messages as x where x.room_id = p_room_id and x.step is not null order by x."timestamp", x.id limit 1000
  ) as m;
$$;
comment on function private.room_calls_traced is 'The calls of models in a room, without what was said: the first 1,000.';

create function public.operations_room(p_room_id uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  r public.rooms;
begin
  select x.* into r from public.rooms as x where x.id = p_room_id;
  if not found then
    raise sqlstate 'PT404' using message = 'room_not_found';
  end if;
  return jsonb_build_object(
    'room', private.room_row(r),
    'budget', private.room_budget(r),
    'reservations', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'status', l.status, 'tokens_reserved', l.tokens_reserved, 'tokens_used', l.tokens_used, 'cost_reserved', l.cost_reserved,
        'cost_used', l.cost_used, 'estimated', l.estimated, 'cost_complete', l.cost_complete, 'charged', l.charged
      ) order by l.created_at, l.id), '[]')
      from (
        select x.* from public.ai_usage_ledger as x where x.room_id = r.id order by x.created_at, x.id limit 100
      ) as l
    ),
    'tasks', private.room_tasks_traced(r.id),
    'calls', private.room_calls_traced(r.id),
    'inputs', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'task_id', i.task_id, 'kind', i.kind, 'asked_at', private.utc(i.asked_at), 'answered_at', private.utc(i.answered_at),
        'closed_at', private.utc(i.closed_at)
      ) order by i.asked_at, i.id), '[]')
      from (select x.* from public.room_inputs as x where x.room_id = r.id order by x.asked_at, x.id limit 200) as i
    ),
    'files', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'task_id', v.task_id, 'version', v.version, 'size', v.size, 'mime', v.mime, 'status', v.status, 'created_at',
        private.utc(v.created_at)
      ) order by v.created_at, v.id), '[]')
      from (select x.* from public.room_file_versions as x where x.room_id = r.id order by x.created_at, x.id limit 200) as v
    ),
    'events', (
      select coalesce(jsonb_agg(jsonb_build_object('seq', e.seq, 'type', e.type, 'at', private.utc(e.created_at)) order by e.seq), '[]')
      from (
        select x.* from public.ai_events as x
        where x.user_id = r.user_id and x.stream = private.room_stream(r.id) order by x.seq limit 1000
      ) as e
    )
  );
end;
$$;
comment on function public.operations_room is
  'How a room went: {room, budget, reservations, tasks, calls, inputs, files, events}, each by time; events are kept for seven days. '
  'PT404 room_not_found.';

grant execute on function public.operations_turn, public.operations_room to service_role;

-- =====================================================================================================================
-- Spans: what has ended, for a collector of OpenTelemetry: ids, codes, numbers and times, no word and no user
-- =====================================================================================================================

-- In the order in which things end, more or less, so that a few pages say what is new.
create index ai_chat_turns_ended_at_idx on public.ai_chat_turns using brin (ended_at) with (pages_per_range = 32);
create index rooms_ended_at_idx on public.rooms using brin (ended_at) with (pages_per_range = 32);
create index room_tasks_ended_at_idx on public.room_tasks using brin (ended_at) with (pages_per_range = 32);
create index ai_kb_sources_settled_at_idx on public.ai_kb_sources (settled_at);

create table private.span_cursors (
  kind text primary key check (kind in ('turns', 'rooms', 'tasks', 'documents')),
  ended_at timestamptz not null,
  id uuid not null
);
comment on table private.span_cursors is 'The last of each kind that a collector has been told of.';

create function private.span_cursor(p_kind text, p_at timestamptz) returns private.span_cursors
language plpgsql stable set search_path = '' as $$
declare
  c private.span_cursors;
begin
  select x.* into c from private.span_cursors as x where x.kind = p_kind and x.ended_at > p_at - interval '1 day';
  if not found then
    c := (p_kind, p_at - interval '1 day', '00000000-0000-0000-0000-000000000000');
  end if;
  return c;
end;
$$;
comment on function private.span_cursor is
  'From where a collector is to be told: of what ended more than a day ago, it never is.';

create function private.ended_turns(c private.span_cursors, p_until timestamptz, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', t.id, 'status', t.status, 'error_code', t.error_code, 'started_at', private.utc(t.started_at), 'ended_at', private.utc(t.ended_at),
    'stages', private.turn_stages(t), 'receipt', m.metadata -> 'receipt'
  ) order by t.ended_at, t.id), '[]')
  from (
    select x.* from public.ai_chat_turns as x
    where x.ended_at >= c.ended_at and x.ended_at < p_until and (x.ended_at, x.id) > (c.ended_at, c.id)
    order by x.ended_at, x.id limit p_limit
  ) as t
  left join public.ai_chat_messages as m on m.turn_id = t.id and m.role = 'assistant';
$$;
comment on function private.ended_turns is 'Turns behind a cursor, with the receipts of their answers, the oldest first.';

create function private.calls_timed(p_room_id uuid, p_task_id uuid, p_attempt int, p_from timestamptz) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', m.id, 'model', m.model_used, 'provider', m.provider, 'tokens', m.token_count, 'milliseconds', m.milliseconds,
    'ended_at', private.utc(m."timestamp")
  ) order by m."timestamp", m.id), '[]')
  from (
    select x.* from public.ai_messages as x
    where x.room_id = p_room_id and x.task_id is not distinct from p_task_id and x.step is not null
      and x.attempt = coalesce(p_attempt, x.attempt) and x."timestamp" >= p_from
    order by x."timestamp", x.id limit 200
  ) as m;
$$;
comment on function private.calls_timed is
  'The calls of models for a task, or (null) for planning and review, of one attempt or all, since a time: the first 200.';

create function private.ended_rooms(c private.span_cursors, p_until timestamptz, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', r.id, 'run', r.run, 'status', r.status, 'status_reason', r.status_reason, 'tokens', r.tokens_used, 'cost', r.cost_used,
    'started_at', private.utc(r.opened_at), 'ended_at', private.utc(r.ended_at), 'calls', private.calls_timed(r.id, null, r.run, r.opened_at)
  ) order by r.ended_at, r.id), '[]')
  from (
    select x.* from public.rooms as x
    where x.ended_at >= c.ended_at and x.ended_at < p_until and (x.ended_at, x.id) > (c.ended_at, c.id)
    order by x.ended_at, x.id limit p_limit
  ) as r;
$$;
comment on function private.ended_rooms is 'Runs of rooms behind a cursor, each with its calls of planning and review, the oldest first.';

create function private.ended_tasks(c private.span_cursors, p_until timestamptz, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', t.id, 'room_id', t.room_id, 'run', case when t.ended_at < r.opened_at then r.run - 1 else r.run end, 'role', t.role,
    'round', t.round, 'status', t.status, 'error_code', t.error_code, 'attempts', t.attempt, 'tokens', t.tokens_used, 'cost', t.cost_used,
    'started_at', private.utc(t.started_at), 'ended_at', private.utc(t.ended_at),
    'calls', private.calls_timed(t.room_id, t.id, null, t.started_at),
    'waits', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'id', i.id, 'kind', i.kind, 'answered', i.answered_at is not null, 'started_at', private.utc(i.asked_at),
        'ended_at', private.utc(coalesce(i.answered_at, i.closed_at, t.ended_at))
      ) order by i.asked_at, i.id), '[]')
      from public.room_inputs as i where i.task_id = t.id and i.asked_at >= t.started_at
    )
  ) order by t.ended_at, t.id), '[]')
  from (
    select x.* from public.room_tasks as x
    where x.ended_at >= c.ended_at and x.ended_at < p_until and (x.ended_at, x.id) > (c.ended_at, c.id)
    order by x.ended_at, x.id limit p_limit
  ) as t
  join public.rooms as r on r.id = t.room_id;
$$;
comment on function private.ended_tasks is
  'Tasks of rooms behind a cursor, with their calls and what they waited for, the oldest first. One that was never begun has no started_at.';

create function private.settled_documents(c private.span_cursors, p_until timestamptz, p_limit int) returns jsonb
language sql stable set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', s.id, 'status', s.status, 'error_code', s.error_code, 'format', s.format, 'bytes', s.byte_size, 'chunks', s.chunk_count,
    'version', s.version, 'started_at', private.utc(s.claimed_at), 'ended_at', private.utc(s.settled_at)
  ) order by s.settled_at, s.id), '[]')
  from (
    select x.* from public.ai_kb_sources as x
    where x.settled_at >= c.ended_at and x.settled_at < p_until and (x.settled_at, x.id) > (c.ended_at, c.id)
    order by x.settled_at, x.id limit p_limit
  ) as s;
$$;
comment on function private.settled_documents is
  'The newest attempt at each document of the knowledge base that ended behind a cursor, the oldest first; no name.';

create function public.ended_work(p_at timestamptz default now(), p_limit int default 100) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  -- What ended before that is there: no statement of ours runs longer, and so none is to come with an earlier time.
  v_until constant timestamptz := p_at - interval '75 seconds';
begin
  return jsonb_build_object(
    'turns', private.ended_turns(private.span_cursor('turns', p_at), v_until, p_limit),
    'rooms', private.ended_rooms(private.span_cursor('rooms', p_at), v_until, p_limit),
    'tasks', private.ended_tasks(private.span_cursor('tasks', p_at), v_until, p_limit),
    'documents', private.settled_documents(private.span_cursor('documents', p_at), v_until, p_limit)
  );
end;
$$;
comment on function public.ended_work is
  'What has ended since a collector was last told, at most p_limit of each kind: {turns, rooms, tasks, documents}.';

create function public.note_told(p_through jsonb) returns void
language sql security definer set search_path = '' as $$
  insert into private.span_cursors as c (kind, ended_at, id)
  select t.key, (t.value ->> 'ended_at')::timestamptz, (t.value ->> 'id')::uuid from jsonb_each(p_through) as t
  on conflict (kind) do update set ended_at = excluded.ended_at, id = excluded.id
  where (excluded.ended_at, excluded.id) > (c.ended_at, c.id);
$$;
comment on function public.note_told is
  'Notes the last of each kind that a collector was told of: {kind: {ended_at, id}}. Safe to repeat, and never goes back.';

grant execute on function public.ended_work, public.note_told to service_role;

-- =====================================================================================================================
-- Upkeep: ends what nobody ends any more, and forgets what has expired
-- =====================================================================================================================
-- Each function below is a job of the sweep. It takes a bite of bounded size, the oldest first, in a transaction of its own, so
-- that nobody whose rows it holds waits longer than 0.1 s, and says what it did: it is called again until that was nothing.
-- Safe at any time, also twice at once.

create function public.end_overdue_turns(p_at timestamptz default now(), p_limit int default 25) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_user_id uuid;
  v_turns int := 0;
  v_reservations int := 0;
begin
  for v_user_id in
    (select t.user_id from public.ai_chat_turns as t
      where t.status = 'running' and t.lease_until <= p_at order by t.lease_until limit p_limit)
    union
    (select l.user_id from public.ai_usage_ledger as l
      where l.status = 'reserved' and l.expires_at <= p_at
        and not exists (select from public.ai_chat_turns as t where t.id = l.turn_id and t.status = 'running')
      order by l.expires_at limit p_limit)
    order by user_id
  loop
    perform private.lock_user(v_user_id);
    v_turns := v_turns + private.fail_lost_turns(v_user_id, p_at);
    v_reservations := v_reservations + private.release_expired(v_user_id, p_at);
  end loop;
  return jsonb_build_object('turns_failed', v_turns, 'reservations_released', v_reservations);
end;
$$;
comment on function public.end_overdue_turns is
  'Ends turns whose worker must be dead, with their reservations, and releases other reservations whose time is over: '
  '{turns_failed, reservations_released}.';

create function public.end_overdue_actions(p_at timestamptz default now(), p_limit int default 25) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  -- No function that carries an action out runs longer than a minute.
  v_lost_before constant timestamptz := p_at - interval '5 minutes';
  v_user_id uuid;
  v_expired int := 0;
  v_lost int := 0;
  n int;
begin
  for v_user_id in
    (select a.user_id from public.ai_action_requests as a
      where a.status = 'pending' and a.expires_at <= p_at order by a.expires_at limit p_limit)
    union
    (select a.user_id from public.ai_action_requests as a
      where a.status = 'approved' and a.dispatched_at <= v_lost_before order by a.dispatched_at limit p_limit)
    order by user_id
  loop
    perform private.lock_user(v_user_id);
    select count(private.expire_action(a.id)) into n
    from public.ai_action_requests as a
    where a.user_id = v_user_id and a.status = 'pending' and a.expires_at <= p_at;
    v_expired := v_expired + n;
    select count(public.finish_action(
      v_user_id, a.id, null,
      'The outcome is unknown: the request may or may not have arrived. It will not be sent again.'
    )) into n
    from public.ai_action_requests as a
    where a.user_id = v_user_id and a.status = 'approved' and a.dispatched_at <= v_lost_before;
    v_lost := v_lost + n;
  end loop;
  return jsonb_build_object('actions_expired', v_expired, 'actions_lost', v_lost);
end;
$$;
comment on function public.end_overdue_actions is
  'Ends proposals whose time is over, and effects outside whose worker must be dead: failed, with an unknown outcome. '
  '{actions_expired, actions_lost}.';

create function public.end_lost_rooms(p_at timestamptz default now(), p_limit int default 25) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  r public.rooms;
  v_user_id uuid;
  v_rooms int := 0;
begin
  for v_user_id in
    select distinct d.user_id
    from (
      select x.user_id from public.rooms as x
      where x.status in ('pending', 'processing', 'active') and x.alive_until <= p_at order by x.alive_until limit p_limit
    ) as d
    order by d.user_id
  loop
    perform private.lock_user(v_user_id);
    for r in
      select x.* from public.rooms as x
      where x.user_id = v_user_id and x.status in ('pending', 'processing', 'active') and x.alive_until <= p_at
      for update
    loop
      perform private.end_room(r, 'failed', 'timed_out');
      v_rooms := v_rooms + 1;
    end loop;
  end loop;
  return jsonb_build_object('rooms_failed', v_rooms);
end;
$$;
comment on function public.end_lost_rooms is
  'Ends rooms whose workflow must be dead, with their reservations: {rooms_failed}.';

create function public.forget_expired(p_at timestamptz default now(), p_limit int default 1000) returns jsonb
language plpgsql security definer set search_path = '' as $$
declare
  v_tickets int;
  v_keys int;
  v_connections int;
begin
  -- By their places in the table: whatever the statistics say, that is how they are deleted. What is in use waits.
  delete from public.realtime_tickets as t where t.ctid = any (array(
    select x.ctid from public.realtime_tickets as x
    where x.expires_at <= p_at order by x.expires_at limit p_limit for update skip locked
  ));
  get diagnostics v_tickets = row_count;
  delete from public.ai_idempotency_keys as i where i.ctid = any (array(
    select x.ctid from public.ai_idempotency_keys as x
    where x.expires_at <= p_at order by x.expires_at limit p_limit for update skip locked
  ));
  get diagnostics v_keys = row_count;
  delete from public.websocket_connections as c where c.ctid = any (array(
    select x.ctid from public.websocket_connections as x
    where x.connected_at <= p_at - private.socket_life() limit p_limit for update skip locked
  ));
  get diagnostics v_connections = row_count;
  return jsonb_build_object(
    'tickets_deleted', v_tickets, 'idempotency_keys_deleted', v_keys, 'connections_deleted', v_connections
  );
end;
$$;
comment on function public.forget_expired is
  'Forgets expired tickets, idempotency keys and sockets: {tickets_deleted, idempotency_keys_deleted, connections_deleted}.';

create function public.prune_events(p_at timestamptz default now(), p_limit int default 2000) returns jsonb
language sql security definer set search_path = '' as $$
  with oldest as materialized (
    select e.ctid as place, e.stream from public.ai_events as e
    where e.created_at < p_at - interval '7 days' order by e.created_at limit p_limit
  ), locked as materialized ( -- a stream that is being written to is left for the next time
    select s.stream from public.ai_streams as s
    where s.stream in (select o.stream from oldest as o) for no key update skip locked
  ), gone as (
    delete from public.ai_events as e
    where e.ctid = any (array(select o.place from oldest as o join locked as l on l.stream = o.stream))
    returning e.stream, e.seq
  ), marked as (
    update public.ai_streams as s set pruned_through = greatest(s.pruned_through, g.seq)
    from (select x.stream, max(x.seq) as seq from gone as x group by x.stream) as g
    where s.stream = g.stream
  )
  select jsonb_build_object('events_pruned', (select count(*) from gone));
$$;
comment on function public.prune_events is
  'Deletes events older than seven days and notes on their streams that there is a gap: {events_pruned}.';

create function public.unused_uploads(p_at timestamptz default now(), p_limit int default 100) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', v.id, 'key', v.key)), '[]')
  from (
    select x.id, x.key from public.room_file_versions as x
    -- An hour after the last moment at which a room could take it (private.attach_uploads).
    where x.room_id is null and x.created_at <= p_at - interval '2 days 1 hour' limit p_limit
  ) as v;
$$;
comment on function public.unused_uploads is
  'Uploads that no room took in two days: [{id, key}]. Their objects are deleted first, then forget_uploads is called.';

create function public.forget_uploads(p_ids uuid[]) returns jsonb
language sql security definer set search_path = '' as $$
  with gone as (
    delete from public.room_file_versions as v where v.id = any (p_ids) and v.room_id is null returning v.id
  )
  select jsonb_build_object('uploads_deleted', (select count(*) from gone));
$$;
comment on function public.forget_uploads is 'Forgets uploads that no room took: {uploads_deleted}. Safe to repeat.';

create function public.upkeep_lag(p_at timestamptz default now()) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_object_agg(d.job, coalesce(extract(epoch from p_at - d.due), 0))
  from (
    values
      ('end_overdue_turns', (select min(t.lease_until) from public.ai_chat_turns as t where t.status = 'running' and t.lease_until <= p_at)),
      ('end_overdue_actions', (select min(a.expires_at) from public.ai_action_requests as a where a.status = 'pending' and a.expires_at <= p_at)),
      ('end_lost_rooms', (select min(r.alive_until) from public.rooms as r where private.is_open(r) and r.alive_until <= p_at)),
      ('forget_expired', (select min(i.expires_at) from public.ai_idempotency_keys as i where i.expires_at <= p_at)),
      ('prune_events', (select min(e.created_at) + '7 days' from public.ai_events as e where e.created_at < p_at - interval '7 days')),
      ('delete_uploads', (
        select min(v.created_at) + interval '2 days 1 hour' from public.room_file_versions as v
        where v.room_id is null and v.created_at <= p_at - interval '2 days 1 hour'
      )),
      ('wake_rooms', (select min(k.answered_at) + interval '1 minute' from private.room_task_tokens as k
        where k.answered_at <= p_at - interval '1 minute')),
      ('delete_leftovers', (select min(l.due_at) from private.leftovers as l where l.due_at <= p_at)),
      ('reset_usage', ( -- which has a schedule of its own, on Mondays: of last week, an hour later
        select e.due from (select date_trunc('week', p_at at time zone 'UTC') at time zone 'UTC' + interval '1 hour') as e (due)
        where e.due <= p_at
          and exists (select from public.ai_usage as u where u.period_start = (e.due at time zone 'UTC')::date - 7)
          and not exists (select from public.ai_usage_weeks as w where w.period_start = (e.due at time zone 'UTC')::date - 7)
      )),
      ('finish_erasure', (
        select min(e.asked_at) + interval '5 minutes' from private.erasures as e where e.asked_at <= p_at - interval '5 minutes'
      ))
  ) as d (job, due);
$$;
comment on function public.upkeep_lag is
  'For how many seconds the oldest thing that each job of the sweep has to do has been due: {job: seconds}, 0 where nothing is.';

create function public.schema_version() returns text
language plpgsql stable security definer set search_path = '' as $$
begin
  -- The record of the Supabase CLI; a database that was made otherwise has none.
  if to_regclass('supabase_migrations.schema_migrations') is null then
    return null;
  end if;
  return (select max(m.version) from supabase_migrations.schema_migrations as m);
end;
$$;
comment on function public.schema_version is 'The version of the newest migration that was applied, or null where nobody recorded any.';

grant execute on function public.schema_version, public.end_overdue_turns, public.end_overdue_actions, public.end_lost_rooms, public.forget_expired,
  public.prune_events, public.unused_uploads, public.forget_uploads, public.upkeep_lag to service_role;
