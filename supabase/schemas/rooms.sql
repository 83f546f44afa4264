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
