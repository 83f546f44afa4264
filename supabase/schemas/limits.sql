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
