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
