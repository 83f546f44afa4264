-- =====================================================================================================================
-- Work in rooms: tasks, questions to the owner, versions of files, one budget for all agents
-- =====================================================================================================================
-- Every function below that changes a room first takes the lock of its owner, as the functions of usage do, and then the
-- room's row: agents of one room queue for milliseconds, and whatever else touches the owner's rows cannot deadlock with
-- them. A room's budget is reserved from the week when it is created and settled when it ends; in between,
-- used + in flight <= limit holds for each of its limits, whoever asks at the same time.

-- -------------------------------------------------------------------------------------------------------- rooms
alter table public.rooms
  add column session_id uuid,
  add column run int not null default 1 check (run >= 1),
  add column status_reason text check (char_length(status_reason) <= 100),
  add column issues jsonb not null default '[]' check (jsonb_typeof(issues) = 'array'),
  add column plan jsonb check (jsonb_typeof(plan) = 'object'),
  add column provider text check (provider in ('OpenAI', 'Gemini', 'Mixed')),
  add column agents jsonb not null default '[]' check (jsonb_typeof(agents) = 'array'),
  add column steer jsonb not null default '[]' check (jsonb_typeof(steer) = 'array'),
  add column is_shared boolean not null default false,
  add column token_limit int not null default 0 check (token_limit between 0 and 100000000),
  add column cost_limit numeric(12, 6) not null default 0 check (cost_limit between 0 and 10000),
  add column call_limit int not null default 0 check (call_limit between 0 and 10000),
  add column second_limit int not null default 0 check (second_limit between 0 and 604800),
  add column file_limit int not null default 0 check (file_limit between 0 and 1000),
  add column byte_limit bigint not null default 0 check (byte_limit between 0 and 10737418240),
  add column tokens_used bigint not null default 0 check (tokens_used >= 0),
  add column cost_used numeric(12, 6) not null default 0 check (cost_used >= 0),
  add column cost_complete boolean not null default true,
  add column estimated boolean not null default false,
  add column calls_used int not null default 0 check (calls_used >= 0),
  add column in_flight_tokens int check (in_flight_tokens >= 0),
  add column in_flight_cost numeric(12, 6) check (in_flight_cost >= 0),
  add column worked_seconds double precision not null default 0 check (worked_seconds >= 0),
  add column processing_since timestamptz,
  add column warned boolean not null default false,
  add column execution_arn text check (char_length(execution_arn) <= 2048),
  add column alive_until timestamptz not null default now() + interval '1 hour',
  add column cancel_requested_at timestamptz,
  add column started_at timestamptz,
  add column ended_at timestamptz,
  add foreign key (session_id, user_id) references public.ai_chat_sessions (id, user_id) on delete set null (session_id);
comment on column public.rooms.session_id is 'The chat from which it was opened.';
comment on column public.rooms.run is 'Executions of the state machine so far: a retry is a new one.';
comment on column public.rooms.status_reason is
  'Why it waits or how it ended: input_requested, budget_reached, completed_with_issues, cancelled, task_failed, …';
comment on column public.rooms.issues is 'What is missing or broken in what was delivered.';
comment on column public.rooms.plan is 'What the orchestrator planned besides the tasks: title, criteria.';
comment on column public.rooms.agents is 'The roles that the owner asked for; empty: whichever the plan needs.';
comment on column public.rooms.steer is 'What the owner told the agents meanwhile, oldest first.';
comment on column public.rooms.is_shared is 'Whoever is signed in and knows room_id may watch.';
comment on column public.rooms.cost_limit is 'US dollars.';
comment on column public.rooms.estimated is 'Some of what it used is the most that a call which was cut off can have used.';
comment on column public.rooms.in_flight_tokens is 'The most that the running call of planning or review may use; null when there is none.';
comment on column public.rooms.worked_seconds is 'Time in processing before processing_since; waiting for the owner is free.';
comment on column public.rooms.alive_until is 'When an open room that nobody has touched since must have lost its workflow.';

create index rooms_session_id_idx on public.rooms (session_id, user_id);
create index rooms_open_idx on public.rooms (user_id) where status in ('pending', 'processing', 'active');

-- ----------------------------------------------------------------------------------------------- ai_usage_ledger
alter table public.ai_usage_ledger add column room_id uuid references public.rooms (id) on delete set null;
comment on column public.ai_usage_ledger.room_id is
  'The room whose budget this is. It does not expire: a room may wait for days, and ends its reservations when it ends.';
create index ai_usage_ledger_room_id_idx on public.ai_usage_ledger (room_id);

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
  status text not null default 'pending'
    check (status in ('pending', 'running', 'waiting', 'done', 'failed', 'skipped', 'cancelled')),
  error_code text check (char_length(error_code) <= 100),
  attempt int not null default 0 check (attempt >= 0),
  summary text check (char_length(summary) <= 20000),
  transcript jsonb not null default '[]' check (jsonb_typeof(transcript) = 'array'),
  calls int not null default 0 check (calls >= 0),
  tokens_used bigint not null default 0 check (tokens_used >= 0),
  cost_used numeric(12, 6) not null default 0 check (cost_used >= 0),
  in_flight_tokens int check (in_flight_tokens >= 0),
  in_flight_cost numeric(12, 6) check (in_flight_cost >= 0),
  lease interval,
  lease_until timestamptz,
  started_at timestamptz,
  ended_at timestamptz,
  unique (room_id, key),
  check ((status = 'running') = (lease_until is not null)),
  check ((status in ('done', 'failed', 'skipped', 'cancelled')) = (ended_at is not null)),
  check (in_flight_tokens is null or status = 'running')
);
comment on table public.room_tasks is 'What a room''s plan consists of: each task is done by one agent, and is done once.';
comment on column public.room_tasks.depends_on is 'Keys of the tasks of this room that come before.';
comment on column public.room_tasks.round is '0: planned, 1: repair after the review.';
comment on column public.room_tasks.attempt is 'Counts the workers that took it; one that was overtaken can write no more.';
comment on column public.room_tasks.transcript is 'Messages of the agent and its tools so far: the next worker goes on from here.';
comment on column public.room_tasks.in_flight_tokens is 'The most that the running model call may use; null when there is none.';
comment on column public.room_tasks.lease is 'How long a worker may be silent before it counts as dead.';

alter table public.room_tasks enable row level security;
create policy "Owners use the tasks of their rooms" on public.room_tasks for all to authenticated
  using (exists (select 1 from public.rooms as r where r.id = room_tasks.room_id and r.user_id = (select auth.uid())))
  with check (exists (select 1 from public.rooms as r where r.id = room_tasks.room_id and r.user_id = (select auth.uid())));
grant select on public.room_tasks to authenticated, service_role;

-- -------------------------------------------------------------------------------------------------- room_inputs
create table public.room_inputs (
  id uuid primary key default gen_random_uuid(),
  room_id uuid not null references public.rooms (id) on delete cascade,
  task_id uuid not null references public.room_tasks (id) on delete cascade,
  kind text not null check (kind in ('question', 'budget')),
  question text check (char_length(question) <= 4000),
  answer text check (char_length(answer) <= 8000),
  asked_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null default clock_timestamp() + interval '7 days',
  answered_at timestamptz,
  closed_at timestamptz,
  check (answered_at is null or closed_at is null),
  check (answer is null or answered_at is not null)
);
comment on table public.room_inputs is 'What agents wait for: the owner''s answer, or more budget.';
comment on column public.room_inputs.closed_at is 'When it ended without an answer, together with its task.';

create index room_inputs_room_id_asked_at_idx on public.room_inputs (room_id, asked_at, id);
create index room_inputs_task_id_idx on public.room_inputs (task_id);
create unique index room_inputs_one_open_idx on public.room_inputs (task_id) where answered_at is null and closed_at is null;

alter table public.room_inputs enable row level security;
create policy "Owners use the inputs of their rooms" on public.room_inputs for all to authenticated
  using (exists (select 1 from public.rooms as r where r.id = room_inputs.room_id and r.user_id = (select auth.uid())))
  with check (exists (select 1 from public.rooms as r where r.id = room_inputs.room_id and r.user_id = (select auth.uid())));
grant select on public.room_inputs to authenticated, service_role;

-- Beside the inputs, as no user may read these: they wake the workflow.
create table private.room_task_tokens (
  input_id uuid primary key references public.room_inputs (id) on delete cascade,
  token text not null check (char_length(token) between 1 and 4096)
);
comment on table private.room_task_tokens is 'By which token of Step Functions the task that waits for an input goes on.';

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
  created_at timestamptz not null default clock_timestamp(),
  unique (room_id, filename, version),
  check ((status = 'published') = (version is not null)),
  check (status = 'draft' or room_id is not null)
);
comment on table public.room_file_versions is
  'Every version of a room''s files. Those of a task are drafts until it is done; those of the owner until a room takes them.';
comment on column public.room_file_versions.task_id is 'Which task made it; null for what the owner uploaded.';
comment on column public.room_file_versions.key is 'Key of the object in the rooms bucket.';

create unique index room_file_versions_one_draft_idx on public.room_file_versions (task_id, filename) where status = 'draft';
create index room_file_versions_task_id_idx on public.room_file_versions (task_id);
create index room_file_versions_user_id_idx on public.room_file_versions (user_id, created_at);

alter table public.room_file_versions enable row level security;
create policy "Owners use their versions" on public.room_file_versions for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.room_file_versions to authenticated, service_role;

-- -------------------------------------------------------------------------------------------- files, ai_messages
alter table public.files
  add column version int not null default 1 check (version >= 1),
  add column sha256 text check (sha256 ~ '^[0-9a-f]{64}$'),
  add column task_id uuid references public.room_tasks (id) on delete set null,
  add unique (room_id, filename);
comment on column public.files.version is 'The newest published one; the others are in room_file_versions.';
create index files_task_id_idx on public.files (task_id);

alter table public.ai_messages
  add column task_id uuid references public.room_tasks (id) on delete cascade,
  add column attempt int check (attempt >= 0),
  add column step text check (char_length(step) between 1 and 50),
  add column provider text check (char_length(provider) <= 50);
comment on column public.ai_messages.step is 'Which call of the attempt, or of the run where there is no task. Recorded once.';
comment on column public.ai_messages.provider is 'Who served the model: OpenAI, Gemini or another.';
create unique index ai_messages_step_idx on public.ai_messages (room_id, task_id, attempt, step) nulls not distinct
  where step is not null;
create index ai_messages_task_id_idx on public.ai_messages (task_id);

-- -------------------------------------------------------------------------------------------------- who listens
create function private.room_stream(p_room_id uuid) returns text
language sql
immutable
set search_path = ''
as $$
  select 'room:' || p_room_id;
$$;
comment on function private.room_stream is 'The stream of a room''s events.';

create or replace function private.listeners(p_user_id uuid, p_stream text) returns jsonb
language sql
stable
set search_path = ''
as $$
  select coalesce(jsonb_agg(w.connection_id), '[]')
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
  'The connections that a stream of a user is pushed to: the user''s own, and those of others while the room is shared.';

create or replace function public.subscribe(p_connection_id text, p_stream text) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  v_user_id uuid;
  v_kind constant text := split_part(p_stream, ':', 1);
  v_id constant text := split_part(p_stream, ':', 2);
  v_owner uuid;
  v_shared boolean := false;
  v_last_seq bigint;
begin
  select c.user_id into v_user_id from public.websocket_connections as c where c.connection_id = p_connection_id;
  if p_stream ~ '^[a-z]+:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
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
  values (p_connection_id, p_stream, v_user_id)
  on conflict do nothing;
  -- Locks the stream, as emit_event does: an event is either counted in as_of or pushed to the new listener.
  insert into public.ai_streams as s (stream, user_id) values (p_stream, v_owner)
  on conflict (stream) do update set user_id = excluded.user_id
  returning s.last_seq into v_last_seq;
  return jsonb_build_object('stream', p_stream, 'as_of', v_last_seq);
end;
$$;
comment on function public.subscribe is
  'Sends a stream of the connection''s own user, or of a shared room, to it from now on: {stream, as_of}. PT404 stream_not_found '
  'otherwise.';

-- ------------------------------------------------------------------------------------------------ how it is shown
create function private.room_json(r public.rooms) returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', r.id, 'room_id', r.room_id, 'session_id', r.session_id, 'task_prompt', r.task_prompt, 'status', r.status,
    'status_reason', r.status_reason, 'issues', r.issues, 'run', r.run, 'plan', r.plan, 'provider', r.provider,
    'agents', r.agents, 'is_shared', r.is_shared, 'llm_used', r.llm_used, 'agents_used', r.agents_used,
    'folder_path', r.folder_path, 'created_at', private.utc(r.created_at), 'started_at', private.utc(r.started_at),
    'ended_at', private.utc(r.ended_at)
  );
$$;
comment on function private.room_json is 'A room as the API shows it; its owner sees the budget and the inputs besides.';

create function private.task_json(t public.room_tasks) returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', t.id, 'key', t.key, 'position', t.position, 'role', t.role, 'brief', t.brief, 'deliverables', t.deliverables,
    'depends_on', t.depends_on, 'round', t.round, 'status', t.status, 'error_code', t.error_code, 'attempt', t.attempt,
    'summary', t.summary, 'calls', t.calls, 'started_at', private.utc(t.started_at), 'ended_at', private.utc(t.ended_at)
  );
$$;
comment on function private.task_json is 'A task as the API shows it.';

create function private.file_json(v public.room_file_versions) returns jsonb
language sql
immutable
set search_path = ''
as $$
  select jsonb_build_object(
    'id', v.id, 'filename', v.filename, 'version', v.version, 'key', v.key, 'size', v.size, 'sha256', v.sha256, 'mime', v.mime,
    'description', v.description, 'task_id', v.task_id, 'status', v.status, 'created_at', private.utc(v.created_at)
  );
$$;
comment on function private.file_json is 'A version of a file as the backend sees it; clients do not need the key.';

create function private.emit_room(r public.rooms) returns jsonb
language sql
set search_path = ''
as $$
  -- Prompt and plan may be larger than a frame.
  select private.emit_event(
    private.room_stream(r.id), r.user_id, 'room.updated', jsonb_build_object('room', private.room_json(r) - array['task_prompt', 'plan'])
  );
$$;
comment on function private.emit_room is 'Tells a room''s stream what the room is like now; returns the event.';

create function private.emit_task(r public.rooms, t public.room_tasks, p_type text) returns jsonb
language sql
set search_path = ''
as $$
  select private.emit_event(
    private.room_stream(r.id), r.user_id, p_type,
    jsonb_build_object('task', private.task_json(t) - 'brief' || jsonb_build_object('summary', left(t.summary, 1000)))
  );
$$;
comment on function private.emit_task is 'Tells a room''s stream of a task; returns the event. Small enough for a frame.';

create function private.room_told(p_room_id uuid, p_events jsonb, p_more jsonb default '{}') returns jsonb
language sql
stable
set search_path = ''
as $$
  select jsonb_build_object(
    'room', private.room_json(r), 'events', p_events, 'listeners', private.listeners(r.user_id, private.room_stream(r.id)),
    'user_listeners', private.listeners(r.user_id, 'user:' || r.user_id)
  ) || p_more
  from public.rooms as r where r.id = p_room_id;
$$;
comment on function private.room_told is 'What the functions of rooms answer: {room, events, listeners, user_listeners} and more.';

-- ---------------------------------------------------------------------------------------------- finding and locking
create function private.room_key(p_room text) returns uuid
language sql
stable
set search_path = ''
as $$
  select r.id from public.rooms as r
  where r.room_id = p_room
    or r.id = case when p_room ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_room::uuid end;
$$;
comment on function private.room_key is 'The id of the room that has this id or room_id; null when there is none.';

create function private.lock_room(p_room_id uuid) returns public.rooms
language plpgsql
set search_path = ''
as $$
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
language plpgsql
set search_path = ''
as $$
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
language sql
immutable
set search_path = ''
as $$
  select r.status in ('pending', 'processing', 'active');
$$;
comment on function private.is_open is 'Whether a room has not ended.';

create function private.holds_task(r public.rooms, p_task_id uuid, p_attempt int) returns boolean
language sql
stable
set search_path = ''
as $$
  select private.is_open(r) and (p_task_id is null or exists (
    select 1 from public.room_tasks as t
    where t.id = p_task_id and t.room_id = r.id and t.status = 'running' and t.attempt = coalesce(p_attempt, t.attempt)
  ));
$$;
comment on function private.holds_task is
  'Whether a worker may go on: the room is open, and the task (null: planning or review) is still with this attempt.';

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
language plpgsql
set search_path = ''
as $$
begin
  if r.status = p_status and r.status_reason is not distinct from p_reason then
    return '[]';
  end if;
  update public.rooms as x
  set status = p_status, status_reason = p_reason, worked_seconds = private.seconds_worked(x),
    processing_since = case when p_status = 'processing' then clock_timestamp() end,
    started_at = case when p_status = 'processing' then coalesce(x.started_at, clock_timestamp()) else x.started_at end,
    ended_at = case when p_status in ('completed', 'failed') then clock_timestamp() end
  where x.id = r.id
  returning x.* into r;
  return jsonb_build_array(private.emit_room(r));
end;
$$;
comment on function private.set_room_status is 'Moves a room on and its clock with it; returns the event, none when nothing changed.';

create function private.rest_room(p_room_id uuid) returns jsonb
language plpgsql
set search_path = ''
as $$
declare
  r public.rooms;
  v_reason text;
begin
  select x.* into strict r from public.rooms as x where x.id = p_room_id;
  select case when bool_or(i.kind = 'budget') then 'budget_reached' when count(*) > 0 then 'input_requested' end into v_reason
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
comment on function private.rest_room is
  'Says that a room waits for its owner when nothing else goes on in it, and that it goes on when it waits no more; returns the events.';

-- -------------------------------------------------------------------------------------------------------- budget
create function private.default_budget() returns jsonb
language sql
immutable
set search_path = ''
as $$
  -- A fifth of the free plan's week.
  select '{"tokens": 200000, "cost": 0.20, "calls": 100, "seconds": 3600, "files": 50, "bytes": 20971520}'::jsonb;
$$;
comment on function private.default_budget is 'What a room may use where nothing else was said: cost in US dollars.';

create function private.in_flight(r public.rooms, p_except uuid default null, out tokens bigint, out cost numeric, out calls int)
language sql
stable
set search_path = ''
as $$
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

create function private.stored(p_room_id uuid, out files int, out bytes bigint)
language sql
stable
set search_path = ''
as $$
  select count(distinct v.filename)::int, coalesce(sum(v.size), 0)::bigint
  from public.room_file_versions as v where v.room_id = p_room_id;
$$;
comment on function private.stored is 'How many files a room has, drafts with them, and how many bytes in all their versions.';

create function private.limit_reached(r public.rooms, p_task_id uuid, p_tokens int, p_cost numeric) returns text
language sql
volatile
set search_path = ''
as $$
  select case
    when r.tokens_used + f.tokens + p_tokens > r.token_limit then 'tokens'
    when r.cost_used + f.cost + p_cost > r.cost_limit then 'cost'
    when r.calls_used + f.calls + 1 > r.call_limit then 'calls'
    when private.seconds_worked(r) >= r.second_limit then 'seconds'
  end
  from private.in_flight(r, p_task_id) as f;
$$;
comment on function private.limit_reached is 'The limit that stands in the way of a model call which may use this much; null when none does.';

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
  from private.stored(r.id) as s;
$$;
comment on function private.room_budget is 'A room''s limits and what is used of them: {limits, used, cost_complete, estimated}.';

create function private.warn_of_budget(p_room_id uuid) returns jsonb
language plpgsql
set search_path = ''
as $$
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
language plpgsql
set search_path = ''
as $$
declare
  v_reservation_id constant uuid := private.reserve_usage(r.user_id, p_tokens::int, 0, p_cost);
begin
  update public.ai_usage_ledger as l set room_id = r.id, expires_at = 'infinity', created_at = clock_timestamp()
  where l.id = v_reservation_id;
end;
$$;
comment on function private.reserve_for_room is 'Takes a part of a room''s budget from this week. PT429 quota_exceeded.';

create function private.settle_room(r public.rooms) returns void
language plpgsql
set search_path = ''
as $$
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
