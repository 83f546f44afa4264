-- =====================================================================================================================
-- Knowledge search at 100,000 chunks: a vector index of half the size, of which as much is read as was measured to be
-- needed; and the chunks that can score best by words, instead of so many for each word
-- =====================================================================================================================

-- A word and its levels stand side by side in the index, and are looked up at once.
alter table private.word_counts alter column key type text collate "C";
alter table private.word_count_changes alter column key type text collate "C";

-- ------------------------------------------------------------------------------------------------ search by words
create or replace function private.count_keys(p_words text[])
returns table (word text, level int, key text, chunks bigint, length bigint)
language plpgsql -- which keeps its plan
stable
rows 50
set search_path = ''
as $$
begin
  return query
  select w.word, case when w.word = '' then 0 else coalesce(nullif(split_part(n.key, ' ', 2), '')::int, 1) end,
    coalesce(n.key, w.word), coalesce(sum(n.chunks), 0)::bigint, coalesce(sum(n.length), 0)::bigint
  from unnest(p_words || array['']) as w (word)
  left join lateral (
    -- '!' follows the blank between a word and its level.
    select c.key, c.chunks, c.length from private.word_counts as c where c.key >= w.word and c.key < w.word || '!'
    union all
    select c.key, c.chunks, c.length from private.word_count_changes as c where c.key >= w.word and c.key < w.word || '!'
  ) as n on true
  group by w.word, n.key;
end;
$$;
comment on function private.count_keys is
  'In how many chunks each word is, and each of its levels that there are; and, as word '''' of level 0, all chunks with '
  'their length.';

create or replace function private.matching_chunks(p_query text)
returns table (chunk_id uuid, score double precision, coverage double precision)
language plpgsql
stable
rows 40
set search_path = ''
as $$
declare
  v_average double precision; -- length of a chunk
  v_words text[];
  v_queries tsquery[];
  v_rarities double precision[];
  v_asked double precision; -- sum of the rarities, also of words that are nowhere
  v_keys text[];
begin
  with counted as materialized (
    select k.* from private.count_keys(tsvector_to_array(private.searchable_words(left(p_query, 4000)))) as k
  ), rare as (
    select c.word, c.chunks,
      ln(1 + (a.chunks - c.chunks + 0.5::double precision) / (c.chunks + 0.5::double precision)) as rarity
    from counted as c cross join (select x.chunks from counted as x where x.level = 0) as a
    where c.level = 1
    order by c.chunks, c.word
    limit 32 -- as many words as a long question has; what is left of an essay are its commonest
  ), worth as (
    -- What a chunk scores at least that has a word this often; and how many more chunks that are than at the next level.
    select c.word, c.level, c.key, r.rarity * c.level / (c.level + 1.2) as gain,
      c.chunks - lead(c.chunks, 1, 0) over (partition by c.word order by c.level) as more
    from counted as c join rare as r on r.word = c.word
    where c.chunks between 1 and 500
  ), looked_up as (
    select distinct on (w.word) w.key
    from (select x.*, sum(x.more) over (order by x.gain desc, x.key) as chunks from worth as x) as w
    where w.chunks <= 500
    order by w.word, w.level
  )
  select
    (select c.length::double precision / nullif(c.chunks, 0) from counted as c where c.level = 0),
    array_agg(r.word) filter (where r.chunks > 0),
    array_agg(private.any_of(array[r.word])) filter (where r.chunks > 0),
    array_agg(r.rarity) filter (where r.chunks > 0),
    sum(r.rarity),
    (select array_agg(l.key) from looked_up as l)
  into v_average, v_words, v_queries, v_rarities, v_asked, v_keys
  from rare as r;

  return query
  select w.chunk_id, s.score, s.rarity / v_asked
  from private.chunk_words as w
  cross join lateral (
    -- Okapi BM25 with the usual k1 = 1.2 and b = 0.75. Divided first: an int times 0.75 would be a numeric, which is slow.
    select sum(a.rarity * 2.2 * f.frequency / (f.frequency + 1.2 * (0.25 + w.length / v_average * 0.75))) as score,
      sum(a.rarity) as rarity
    from unnest(v_words, v_queries, v_rarities) as a (word, query, rarity)
    cross join lateral (select coalesce((w.repeated -> a.word)::int, 1) as frequency) as f
    where w.keys @@ a.query
  ) as s
  where w.keys @@ private.any_of(v_keys)
  order by s.score desc, w.chunk_id
  limit 40;
end;
$$;
comment on function private.matching_chunks is
  'The 40 chunks that a question''s words match best, by BM25. coverage is the share of the question that a chunk has: of the '
  'rarities (inverse document frequencies) of its words, 1 for all of them. At most 500 chunks are scored: those that score '
  'best by one of the words alone.';

-- ---------------------------------------------------------------------------------------- private.vector_index
-- The indexes made so far are of whole vectors. Searches are exact until the next upkeep makes one of halves.
update private.vector_index set embedding_model = null, chunks = null, lists = null, probes = null;
alter table private.vector_index add column tuned boolean not null default false;
comment on column private.vector_index.tuned is 'Whether probes has been measured; a cautious guess until then.';

-- ---------------------------------------------------------------------------------------------- search by vectors
create or replace function private.nearest_chunks(p_embedding extensions.vector, p_embedding_model text)
returns table (chunk_id uuid, distance double precision)
language plpgsql
stable
rows 40
set search_path = ''
as $$
declare
  v_probes constant int := (select x.probes from private.vector_index as x where x.embedding_model = p_embedding_model);
begin
  if p_embedding is null then
    return;
  elsif v_probes is null then
    return query
    -- "+ 0" keeps the planner off an index that was made for other vectors than there are.
    select d.id, (d.embedding operator(extensions.<=>) p_embedding) + 0
    from public.ai_kb_docs as d
    where d.embedding_model = p_embedding_model
    order by (d.embedding operator(extensions.<=>) p_embedding) + 0
    limit 40;
  else
    -- For this transaction. Iterative: where other models' vectors crowd the lists, more of them are read.
    perform set_config('ivfflat.probes', v_probes::text, true), set_config('ivfflat.iterative_scan', 'relaxed_order', true);
    return query
    select d.id, d.embedding operator(extensions.<=>) p_embedding
    from public.ai_kb_docs as d
    where d.embedding_model = p_embedding_model
    order by d.embedding::extensions.halfvec(512) operator(extensions.<=>) p_embedding::extensions.halfvec(512)
    limit 40;
  end if;
end;
$$;
comment on function private.nearest_chunks is
  'The 40 chunks of the same model that are nearest to an embedding, by cosine distance: all of them looked at while there is no '
  'index for so many. In no order that counts; none for no embedding.';

-- --------------------------------------------------------------------------------------------------- both, fused
create or replace function private.search_hybrid(
  p_query text, p_embedding extensions.vector, p_embedding_model text, p_limit int, p_min_score double precision,
  p_text_weight double precision default 0.5
)
returns table (
  chunk_id uuid, source text, title text, heading text, version int, content text, token_count int,
  score double precision, rank_score double precision
)
language sql
stable
set search_path = ''
as $$
  with near as materialized (
    select n.chunk_id, 1 - n.distance as score, row_number() over (order by n.distance, n.chunk_id) as place
    from private.nearest_chunks(p_embedding, p_embedding_model) as n
    where 1 - n.distance >= p_min_score
  ), matching as materialized (
    select m.chunk_id, m.coverage, row_number() over (order by m.score desc, m.chunk_id) as place
    from private.matching_chunks(p_query) as m
  ), fused as (
    -- Reciprocal rank fusion with the 60 of Cormack, Clarke and Buettcher (2009). That words count half of what vectors do
    -- is best on the shipped documents: make bench NAME=retrieval sweeps it, and shows what the floor lets through.
    select chunk_id, n.place, n.score, m.coverage,
      coalesce(1 / (60 + n.place::double precision), 0)
        + coalesce(p_text_weight / (60 + m.place::double precision), 0) as rank_score
    from near as n full join matching as m using (chunk_id)
    order by rank_score desc, n.place, chunk_id -- read as far as p_limit needs
  )
  select d.id, d.source, d.metadata ->> 'title', d.metadata ->> 'heading', (d.metadata ->> 'version')::int,
    d.content, d.token_count, coalesce(s.score, 0), f.rank_score
  from fused as f
  join public.ai_kb_docs as d on d.id = f.chunk_id
  cross join lateral (
    select case when f.score is not null then f.score
      when d.embedding_model = p_embedding_model then 1 - (d.embedding operator(extensions.<=>) p_embedding) end as score
  ) as s
  where s.score >= p_min_score or f.coverage >= 0.6
  order by f.rank_score desc, f.place, f.chunk_id
  limit p_limit;
$$;
comment on function private.search_hybrid is
  'The p_limit chunks that are the best evidence for a question, best first: those near its embedding and those matching its '
  'words, fused by their ranks. Evidence has a cosine similarity (score; 0 without an embedding of the same model) of at least '
  'p_min_score, or most of the question''s words by rarity. None is an honest answer. p_embedding may be null.';

-- -------------------------------------------------------------------------------------------------------- upkeep
create or replace function private.build_vector_index(p_embedding_model text, p_chunks int) returns boolean
language plpgsql
set search_path = ''
as $$
declare
  -- Three times what pgvector advises: better recall for the same number of chunks looked at (make bench NAME=search).
  v_lists constant int := ceil(3 * sqrt(p_chunks));
  v_generation int;
begin
  -- It waits for those who write, and all who come after wait with it: not for long.
  perform set_config('lock_timeout', '2s', true), set_config('maintenance_work_mem', '256MB', true);
  update private.vector_index as x
  set generation = x.generation + 1, embedding_model = p_embedding_model, chunks = p_chunks, lists = v_lists,
    probes = least(v_lists / 3, greatest(ceil(sqrt(v_lists)), ceil(2400.0 * v_lists / p_chunks))), tuned = false,
    built_at = clock_timestamp()
  returning x.generation into v_generation;
  -- Of halves: half as much to read. What is found is compared by the whole vectors, which are in the table.
  execute format(
    'create index %I on public.ai_kb_docs using ivfflat '
    '((embedding::extensions.halfvec(512)) extensions.halfvec_cosine_ops) with (lists = %s)',
    'ai_kb_docs_embedding_idx_' || v_generation, v_lists
  );
  -- A planner that does not know how many chunks are of the model takes them for few and goes by another index.
  analyze public.ai_kb_docs (embedding_model);
  return true;
exception when lock_not_available then
  return false;
end;
$$;
comment on function private.build_vector_index is
  'Builds a new ivfflat index beside the old one. Searches go on by the old '
  'one; whoever writes chunks waits. False when somebody is writing and does not end.';

create function private.neighbours(p_ids uuid[], p_embedding_model text) returns text[]
language sql
stable
set search_path = ''
as $$
  select array_agg(p.id || ' ' || n.chunk_id)
  from unnest(p_ids) as p (id)
  join public.ai_kb_docs as d on d.id = p.id
  cross join lateral (
    select x.chunk_id from private.nearest_chunks(d.embedding, p_embedding_model) as x
    where x.chunk_id <> p.id order by x.distance, x.chunk_id limit 8
  ) as n;
$$;
comment on function private.neighbours is 'The 8 chunks that a search finds nearest to each of these, as pairs of ids.';

create function private.tune_vector_index() returns void
language plpgsql
set search_path = ''
as $$
declare
  x private.vector_index;
  v_most int;
  v_probes int;
  v_ids uuid[];
  v_wanted text[];
begin
  select * into strict x from private.vector_index;
  v_ids := array(
    select d.id from public.ai_kb_docs as d where d.embedding_model = x.embedding_model
    order by md5(d.id::text || x.generation) limit 200
  );
  v_most := x.lists / 3;
  update private.vector_index set probes = v_most, tuned = true;
  v_wanted := private.neighbours(v_ids, x.embedding_model);
  v_probes := ceil(sqrt(x.lists) / 4);
  while v_probes < v_most loop
    update private.vector_index set probes = v_probes;
    -- Questions lose up to a hundredth more than chunks do, being less like them.
    exit when 0.995 * cardinality(v_wanted) <= (
      select count(*) from unnest(private.neighbours(v_ids, x.embedding_model)) as found (pair)
      where found.pair = any (v_wanted)
    );
    v_probes := ceil(1.2 * v_probes);
  end loop;
  update private.vector_index set probes = least(v_probes, v_most);
end;
$$;
comment on function private.tune_vector_index is
  'Measures on 200 chunks how many lists a search must read to find .995 of the neighbours that a third of all lists hold, and has '
  'it read so many: that depends on how the vectors lie, not on their number alone.';

create or replace function public.tend_knowledge(p_exact_below int default 2000) returns jsonb
language plpgsql
security definer
set search_path = ''
set statement_timeout = '60s' -- PostgREST makes it that of the whole call; Supabase lets no more through
as $$
declare
  v_folded int;
  v_model text;
  v_chunks int;
  v_built boolean := false;
  v_dropped int := 0;
  x private.vector_index;
begin
  if not pg_try_advisory_xact_lock(hashtext('tend_knowledge')) then
    return jsonb_build_object('busy', true);
  end if;
  v_folded := private.fold_word_counts();
  select d.embedding_model, count(*) into v_model, v_chunks
  from public.ai_kb_docs as d group by d.embedding_model order by count(*) desc limit 1;
  v_chunks := coalesce(v_chunks, 0);
  select * into strict x from private.vector_index;
  if v_chunks < p_exact_below / 2 then
    update private.vector_index as i set embedding_model = null, chunks = null, lists = null, probes = null
    where i.chunks is not null;
  elsif v_chunks >= p_exact_below
    and (x.embedding_model is distinct from v_model or v_chunks >= 2 * x.chunks or 2 * v_chunks <= x.chunks) then
    v_built := private.build_vector_index(v_model, v_chunks);
  elsif x.chunks is not null then
    -- Not in the transaction that builds: who waits there to write may have read, and each would wait for the other.
    v_dropped := private.drop_old_vector_indexes();
    -- Nor in the one that drops, which keeps searches out until it ends; and not before: the old index could be measured.
    if v_dropped = 0 and not x.tuned then
      perform private.tune_vector_index();
    end if;
  end if;
  return jsonb_build_object(
    'busy', false, 'chunks', v_chunks, 'keys_folded', v_folded, 'index_built', v_built, 'indexes_dropped', v_dropped,
    'probes', (select i.probes from private.vector_index as i)
  );
end;
$$;
comment on function public.tend_knowledge is
  'Upkeep of the search, for the sweep to call: folds the word counts, and builds the vector index when there are enough chunks '
  'for one, twice as many as it was built for (or half), or those of another model; the call after that drops the old one, the '
  'next one tunes the new one. Readers wait 0.1 s at most. Safe at any time; of two at once one does nothing.';
