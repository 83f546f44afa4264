-- Hercules: rooms, realtime, accounts. Joined from supabase/schemas/ by `make schema`.
-- Needs hercules_ai_schema.sql before it.

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
