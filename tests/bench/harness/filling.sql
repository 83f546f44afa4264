-- Rows of $users users and of a heavy one in the order of time, those of all mixed, as they would come; ids are random.
-- n counts the turns in time; i those of a session, k those of a user; share is the part of the time that has gone by.
create unlogged table private.fill as
select row_number() over (order by x.share, x.session_id) as n, x.user_id, x.session_id, md5(x.session_id || '-' || x.i)::uuid as turn_id,
  x.i, row_number() over (partition by x.user_id order by x.share, x.session_id) - 1 as k,
  now() - (1 - x.share) * interval '90 days' as at, now() - (1 - x.share) * interval '8.75 days' as told_at,
  x.user_id = md5('heavy')::uuid as heavy, x.session_id = md5('long')::uuid as long
from (
  select md5('user' || n % $users)::uuid as user_id, md5('session' || n % $users || '-' || n / $users / 5)::uuid as session_id,
    n / $users % 5 as i, n::float / ($users * $turns_per_user) as share
  from generate_series(0, $users * $turns_per_user - 1) as n
  union all
  select md5('heavy')::uuid, md5('long')::uuid, n, n::float / $long_session from generate_series(0, $long_session - 1) as n
  union all
  select md5('heavy')::uuid, md5('heavy' || n)::uuid, 0, n::float / $heavy from generate_series(0, $heavy - 1) as n
) as x
order by 1;
create unlogged table private.fill_users as select distinct user_id from private.fill;

insert into auth.users (id, email) select user_id, user_id || '@example.com' from private.fill_users;
insert into ai_chat_sessions (id, user_id, title, title_source, created_at, updated_at)
select session_id, user_id, 'Squats', 'model', min(at), max(at) from private.fill group by 1, 2 order by min(n);
insert into ai_chat_turns (id, session_id, user_id, status, started_at, lease_until, ended_at)
select turn_id, session_id, user_id, 'completed', at, at + interval '15 minutes', at + interval '9 seconds' from private.fill;
insert into ai_chat_messages (id, session_id, user_id, turn_id, role, content, token_count, metadata, created_at)
select md5(role || f.n)::uuid, session_id, user_id, turn_id, role,
  case role when 'user' then 'How deep should I squat? ' || f.n else repeat('Squat as deep as your hips allow. ', 12) || f.n end, 40,
  case role when 'user' then '{}' else '{"citations": [], "receipt": {"model": "m", "prompt_tokens": 1800, "answer_tokens": 120, "history_left_out": 0}}' end::jsonb, at + case role when 'user' then interval '0' else interval '9 seconds' end
from private.fill as f, (values ('user'), ('assistant')) as r (role);
insert into ai_usage (user_id, period_start, period_end, tokens_used, messages_used, cost_estimate)
select user_id, date_trunc('week', at)::date, date_trunc('week', at)::date + 6, 100 * count(*), count(*), 0 from private.fill
group by 1, 2, 3;
analyze ai_usage;
insert into ai_usage_ledger (user_id, usage_id, turn_id, status, tokens_reserved, messages_reserved, cost_reserved, tokens_used,
  messages_used, cost_used, model, created_at, expires_at, ended_at)
select f.user_id, u.id, turn_id, 'settled', 9000, 1, 0, 100, 1, 0, 'm', at, at + interval '15 minutes', at + interval '9 seconds'
from private.fill as f join ai_usage as u on u.user_id = f.user_id and u.period_start = date_trunc('week', at)::date;
insert into ai_idempotency_keys (user_id, operation, key, request_hash, turn_id, response, created_at, expires_at)
select user_id, 'send_message:' || session_id, n, repeat('a', 64), turn_id, '{"usage": {}}', at, at + interval '1 day'
from private.fill where at > now() - interval '2 days';
insert into ai_streams (stream, user_id, last_seq)
select 'session:' || session_id, user_id, ($events_per_turn - 1) * count(*) from private.fill group by 1, 2
union all select 'user:' || user_id, user_id, count(*) from private.fill group by 1, 2;
insert into ai_events (stream, seq, user_id, type, data, created_at)
select case j when 0 then 'user:' || user_id else 'session:' || session_id end,
  case j when 0 then k + 1 else ($events_per_turn - 1) * i + j end, user_id,
  case j when 0 then 'usage.updated' when 1 then 'turn.started' when 2 then 'message.completed' else 'turn.completed' end,
  case j when 0 then '{}' when 1 then jsonb_build_object('turn', jsonb_build_object('id', turn_id), 'message', md5('user' || f.n)::uuid)
    when 2 then jsonb_build_object('message', md5('assistant' || f.n)::uuid)
    else jsonb_build_object('turn', jsonb_build_object('id', turn_id)) end,
  told_at + j * interval '1 ms'
from private.fill as f, generate_series(0, $events_per_turn - 1) as j
order by f.n, j;
insert into ai_action_requests (id, user_id, session_id, turn_id, message_id, action_type, payload, payload_hash, status, decision,
  decided_at, created_at, expires_at)
select md5('action' || n)::uuid, user_id, session_id, turn_id, md5('assistant' || n)::uuid, 'update_profile', '{"injuries": "knee"}',
  repeat('a', 64), case when pending then 'pending' else 'rejected' end, case when pending then null else 'rejected' end,
  case when pending then null else at end, at, at + interval '7 days'
from (
  select f.*, case when heavy then not long else at > now() - interval '6 days' end as pending
  from private.fill as f where n % 5 = 0 or heavy
) as f;
update ai_action_requests set expires_at = now() + interval '7 days' where status = 'pending' and user_id = md5('heavy')::uuid;
insert into workout_logs (user_id, performed_on, content) select user_id, at::date, '{"minutes": 40}' from private.fill where n % 4 = 0;
insert into rooms (id, room_id, user_id, task_prompt, folder_path, status, created_at)
select md5('room' || n)::uuid, md5('room' || n) || md5('id' || n), user_id, 'Write a plan.', 'rooms/' || n || '/', 'completed', at
from private.fill where case when heavy then not long else n % 50 = 0 end;
insert into ai_kb_sources (source, title, updated_at, created_at)
select 'doc-' || n || '.md', 'Squats', now() - n * interval '1 minute', now() from generate_series(1, 1200) as n;
update ai_usage_plans set weekly_tokens = 2000000000, weekly_messages = 2000000000, weekly_cost = 100000;

drop table private.fill, private.fill_users;
