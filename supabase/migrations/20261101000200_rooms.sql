-- =====================================================================================================================
-- Rooms: a prompt, the agents' messages, their files, and who is watching
-- =====================================================================================================================

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
  folder_path text not null check (char_length(folder_path) <= 1024)
);
comment on table public.rooms is 'A task room: several agents work on one prompt and write files.';
comment on column public.rooms.room_id is 'Shareable id: sha256 of user id and timestamp. The key is id.';
comment on column public.rooms.folder_path is 'Prefix of the room''s files in the rooms bucket: rooms/{room_id}/.';

create index rooms_user_id_created_at_idx on public.rooms (user_id, created_at desc, id desc);

alter table public.rooms enable row level security;
create policy "Owners use their rooms" on public.rooms for all to authenticated
  using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
grant select on public.rooms to authenticated, service_role;

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
  token_count integer check (token_count >= 0)
);
comment on table public.ai_messages is 'Every message between agents and between an agent and the system of a room.';

create index ai_messages_room_id_timestamp_idx on public.ai_messages (room_id, "timestamp", id);

alter table public.ai_messages enable row level security;
create policy "Owners use the messages of their rooms" on public.ai_messages for all to authenticated
  using (exists (select 1 from public.rooms as r where r.id = ai_messages.room_id and r.user_id = (select auth.uid())))
  with check (exists (select 1 from public.rooms as r where r.id = ai_messages.room_id and r.user_id = (select auth.uid())));
grant select on public.ai_messages to authenticated, service_role;

-- -------------------------------------------------------------------------------------------------------- files
create table public.files (
  id uuid primary key default gen_random_uuid(),
  room_id uuid not null references public.rooms (id) on delete cascade,
  filename text not null check (octet_length(filename) between 1 and 255),
  file_path_on_server text not null check (char_length(file_path_on_server) between 1 and 1024),
  file_size_bytes bigint not null check (file_size_bytes >= 0),
  mime_type text check (char_length(mime_type) <= 255),
  created_at timestamptz not null default now(),
  description text check (char_length(description) <= 2000)
);
comment on table public.files is 'Files that a room''s agents used or made.';
comment on column public.files.file_path_on_server is 'Key of the object in the rooms bucket.';

create index files_room_id_created_at_idx on public.files (room_id, created_at, id);

alter table public.files enable row level security;
create policy "Owners use the files of their rooms" on public.files for all to authenticated
  using (exists (select 1 from public.rooms as r where r.id = files.room_id and r.user_id = (select auth.uid())))
  with check (exists (select 1 from public.rooms as r where r.id = files.room_id and r.user_id = (select auth.uid())));
grant select on public.files to authenticated, service_role;

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

create function public.open_connection(p_connection_id text, p_user_id uuid) returns void
language plpgsql
security definer
set search_path = ''
as $$
begin
  if not exists (select 1 from auth.users as u where u.id = p_user_id) then
    raise sqlstate 'PT401' using message = 'account_gone';
  end if;
  insert into public.websocket_connections (connection_id, user_id) values (p_connection_id, p_user_id)
  on conflict (connection_id) do nothing;
end;
$$;
comment on function public.open_connection is
  'Records a socket that was opened by an authenticated user. Safe to repeat. PT401 when the account is gone.';

create function public.close_connection(p_connection_id text) returns void
language sql
security definer
set search_path = ''
as $$
  delete from public.websocket_connections where connection_id = p_connection_id;
$$;
comment on function public.close_connection is 'Forgets a socket. Safe to repeat.';

grant execute on function public.open_connection, public.close_connection to service_role;
