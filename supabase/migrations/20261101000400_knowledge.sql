-- =====================================================================================================================
-- Knowledge base: sources, their chunks with embeddings, search
-- =====================================================================================================================
-- Nobody but service_role reads it, and it is written by store_source alone.

-- ----------------------------------------------------------------------------------------------- ai_kb_sources
create table public.ai_kb_sources (
  id uuid primary key default gen_random_uuid(),
  source text not null unique check (char_length(source) between 1 and 1024),
  title text not null check (char_length(title) between 1 and 500),
  version int not null default 1 check (version >= 1),
  content_sha256 text not null check (content_sha256 ~ '^[0-9a-f]{64}$'),
  sequencer text check (sequencer ~ '^[0-9A-Fa-f]{1,64}$'),
  embedding_model text not null check (char_length(embedding_model) <= 200),
  chunk_count int not null default 0 check (chunk_count >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
comment on table public.ai_kb_sources is 'A document of the knowledge base and the version of it that is served.';
comment on column public.ai_kb_sources.source is 'Key of the object in the knowledge bucket, or the name that embed_doc was given.';
comment on column public.ai_kb_sources.sequencer is 'Order of S3 events of one key (hexadecimal); the highest wins.';

create trigger ai_kb_sources_set_updated_at before update on public.ai_kb_sources
  for each row execute function private.set_updated_at();
alter table public.ai_kb_sources enable row level security;
grant select on public.ai_kb_sources to service_role;

-- --------------------------------------------------------------------------------------------------- ai_kb_docs
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
  unique (source_id, chunk_index)
);
comment on table public.ai_kb_docs is 'Chunks of the knowledge base. Vectors of different models are never compared.';
comment on column public.ai_kb_docs.metadata is 'title, heading and version of the source the chunk was cut from.';

-- Searches of a small table go past this index (see search_passages): it was made empty, and its lists fit nothing yet.
create index ai_kb_docs_embedding_idx on public.ai_kb_docs
  using ivfflat (embedding extensions.vector_cosine_ops) with (lists = 100);
alter table public.ai_kb_docs enable row level security;
grant select on public.ai_kb_docs to service_role;

-- -------------------------------------------------------------------------------------------------------- search
create function private.search_passages(
  p_embedding extensions.vector, p_embedding_model text, p_limit int, p_min_score double precision
)
returns table (
  chunk_id uuid, source text, title text, heading text, version int, content text, token_count int,
  score double precision
)
language sql
stable
set search_path = ''
as $$
  select d.id, d.source, d.metadata ->> 'title', d.metadata ->> 'heading', (d.metadata ->> 'version')::int,
    d.content, d.token_count, 1 - d.distance
  from (
    select c.*, (c.embedding operator(extensions.<=>) p_embedding) + 0 as distance
    from public.ai_kb_docs as c
    where c.embedding_model = p_embedding_model
    -- "+ 0" keeps the planner off the index: below about 20,000 chunks the exact scan is fast and misses nothing.
    order by (c.embedding operator(extensions.<=>) p_embedding) + 0
    limit p_limit
  ) as d
  where 1 - d.distance >= p_min_score
  order by d.distance, d.id;
$$;
comment on function private.search_passages is
  'The p_limit chunks nearest to an embedding of the same model, best first; score is cosine similarity, at least p_min_score.';

-- ------------------------------------------------------------------------------------------------------- ingest
create function public.source_state(p_source text) returns jsonb
language sql
stable
security definer
set search_path = ''
as $$
  select jsonb_build_object(
    'source', s.source, 'version', s.version, 'chunk_count', s.chunk_count, 'content_sha256', s.content_sha256,
    'embedding_model', s.embedding_model, 'sequencer', s.sequencer
  )
  from public.ai_kb_sources as s
  where s.source = p_source;
$$;
comment on function public.source_state is 'What is stored of a source, so that the same text is not embedded twice; null for an unknown one.';

create function public.store_source(
  p_source text, p_title text, p_content_sha256 text, p_embedding_model text, p_chunks jsonb,
  p_sequencer text default null
) returns jsonb
language plpgsql
security definer
set search_path = ''
as $$
declare
  s public.ai_kb_sources;
  v_stale boolean := false;
begin
  insert into public.ai_kb_sources (source, title, content_sha256, embedding_model, sequencer, version)
  values (p_source, p_title, p_content_sha256, p_embedding_model, p_sequencer, 1)
  on conflict (source) do nothing
  returning * into s;
  if not found then
    select * into strict s from public.ai_kb_sources as k where k.source = p_source for update;
    -- S3 orders the events of one key by sequencers, compared after padding the shorter one with zeros on the right.
    v_stale := p_sequencer is not null and s.sequencer is not null
      and rpad(lower(p_sequencer), 64, '0') < rpad(lower(s.sequencer), 64, '0');
    if not v_stale then
      update public.ai_kb_sources as k
      set title = p_title, content_sha256 = p_content_sha256, embedding_model = p_embedding_model,
        sequencer = coalesce(p_sequencer, k.sequencer), version = k.version + 1
      where k.id = s.id
      returning * into s;
    end if;
  end if;
  if v_stale then
    return jsonb_build_object('source', s.source, 'version', s.version, 'chunk_count', s.chunk_count, 'stored', false);
  end if;

  delete from public.ai_kb_docs as d where d.source_id = s.id;
  insert into public.ai_kb_docs
    (source_id, source, chunk_index, content, embedding, embedding_model, token_count, metadata)
  select s.id, s.source, c.i - 1, c.chunk ->> 'content', (c.chunk ->> 'embedding')::extensions.vector,
    p_embedding_model, (c.chunk ->> 'token_count')::int,
    jsonb_build_object('title', p_title, 'heading', c.chunk ->> 'heading', 'version', s.version)
  from jsonb_array_elements(p_chunks) with ordinality as c (chunk, i);
  update public.ai_kb_sources as k set chunk_count = jsonb_array_length(p_chunks) where k.id = s.id returning * into s;
  return jsonb_build_object('source', s.source, 'version', s.version, 'chunk_count', s.chunk_count, 'stored', true);
end;
$$;
comment on function public.store_source is
  'Replaces all chunks of a source in one transaction; until it ends the old version is served. An event older than the '
  'stored one (by S3 sequencer) changes nothing and answers stored = false.';

grant execute on function public.source_state, public.store_source to service_role;
