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
