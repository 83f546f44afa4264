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
