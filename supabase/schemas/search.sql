-- =====================================================================================================================
-- Knowledge search: chunks found by their words (BM25) and by their vectors, fused; and the upkeep of both indexes
-- =====================================================================================================================
-- Postgres' own ranking does not know how rare a word is, and fused with vectors it gains nothing. Hence BM25. What it
-- needs is kept beside the chunks by triggers: how often each word is in a chunk, and in how many chunks.

-- -------------------------------------------------------------------------------------------- the words of a text
create function private.languages() returns table (name text, stemmer regdictionary)
language sql immutable rows 14 set search_path = '' as $$
  select l.name, ('pg_catalog.' || l.name || '_stem')::regdictionary
  from unnest(array[
    'english', 'german', 'french', 'spanish', 'italian', 'portuguese', 'dutch', 'swedish', 'danish', 'norwegian', 'finnish',
    'hungarian', 'russian', 'turkish'
  ]) as l (name);
$$;
comment on function private.languages is 'Those whose commonest words and stems Postgres knows.';

create function private.language(p_text text, p_likely text[] default '{}') returns text
language sql stable set search_path = '' as $$
  with words as materialized (
    select w.word
    from regexp_split_to_table(lower(normalize(left(p_text, 2000), nfc)), '[^[:alpha:]]+') as w (word)
    where w.word <> ''
    limit 100
  )
  select l.name
  from private.languages() with ordinality as l (name, stemmer, place)
  join words as w on pg_catalog.ts_lexize(l.stemmer, w.word) = '{}'
  group by l.name, l.place
  having 20 * count(*) >= (select count(*) from words)
  order by count(*) desc, array_position(p_likely, l.name), l.place
  limit 1;
$$;
comment on function private.language is
  'The language of a text: of whose commonest words it has most, and one in twenty. Of two that are level the likelier one. Null '
  'where there is none.';

create function private.bigrams(p_text text) returns text
language sql immutable set search_path = '' as $$
  select string_agg(
    case when not n.is_han then n.letter when n.before or n.after then ' ' else ' ' || n.letter || ' ' end
      || case when n.is_han and n.after then n.letter || n.next else '' end, '' order by n.i
  )
  from (
    select h.*, coalesce(lag(h.is_han) over w, false) as before, coalesce(lead(h.is_han) over w, false) as after,
      lead(h.letter) over w as next
    from (
      select c.letter, c.i, c.letter ~ '[\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]' as is_han
      from string_to_table(p_text, null) with ordinality as c (letter, i)
    ) as h
    window w as (order by h.i)
  ) as n;
$$;
comment on function private.bigrams is
  'A text with its runs of Chinese and Japanese letters as pairs that overlap: they are written without blanks, and two letters '
  'are about a word.';

create function private.in_one_spelling(p_text text) returns text
language plpgsql immutable set search_path = '' as $$
declare
  -- A power is no digit of its number; what is between letters to be seen by nobody is no letter.
  v_text text := regexp_replace(regexp_replace(p_text, '(?<=\d)([⁰¹²³⁴⁵⁶⁷⁸⁹])', ' \1', 'g'), '[\u00ad\u200b\u2060\ufeff]', '', 'g');
begin
  v_text := lower(normalize(v_text, nfkc));
  if v_text ~ '[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]' then
    v_text := private.bigrams(v_text);
  end if;
  -- Postgres would read "8-12" as 8 and minus 12, and "push/pull" as the name of a file.
  return regexp_replace(v_text, '/|-(?=\d)', ' ', 'g');
end;
$$;
comment on function private.in_one_spelling is
  'A text as its words are looked for: with ligatures, widths and compositions of letters as one.';

create function private.without_accents(p_text text) returns text
language sql immutable set search_path = '' as $$
  -- Of Latin letters: elsewhere, as in й, the mark makes another letter.
  select translate(
    case when p_text ~ '[\u00c0-\u024f\u1e00-\u1eff]'
      then normalize(regexp_replace(normalize(p_text, nfd), '([a-z])[\u0300-\u036f]+', '\1', 'g'), nfc) else p_text end,
    'øłđıё’', 'oldiе' || chr(39)
  );
$$;
comment on function private.without_accents is 'A text in small letters as it is written on a keyboard that has no accents.';

create function private.searchable_words(p_text text, p_language text) returns tsvector
language sql stable set search_path = '' as $$
  select to_tsvector(
    ('pg_catalog.' || p_language)::regconfig, private.without_accents(private.in_one_spelling(p_text))
  );
$$;
comment on function private.searchable_words is
  'The words of a text as stems of a language (simple: as they are), without its commonest ones.';

create function private.any_of(p_words text[]) returns tsquery
language sql immutable set search_path = '' as $$
  select string_agg('''' || replace(replace(w.word, '\', '\\'), '''', '''''') || '''', '|')::tsquery
  from unnest(p_words) as w (word);
$$;
comment on function private.any_of is 'The query for texts with at least one of these stems; null for none.';

create function private.frequency_levels() returns table (level int)
language sql immutable rows 7 set search_path = '' as $$
  values (2), (3), (4), (6), (8), (12), (16);
$$;
comment on function private.frequency_levels is
  'A word that is this often in a chunk of typical length (200 words) is also indexed as "word 2", "word 3" ..., so that '
  'a search for a common word can look at the chunks that are most about it. They choose what is looked at; scores are '
  'exact.';

-- ---------------------------------------------------------------------------------------- private.chunk_words
create table private.chunk_words (
  chunk_id uuid primary key,
  language text not null,
  length int not null check (length >= 0),
  keys tsvector not null,
  repeated jsonb not null
)
with (toast_tuple_target = 8160);
comment on table private.chunk_words is 'The words of each chunk with its title and heading.';
comment on column private.chunk_words.language is 'By whose stems its words are kept; simple where it is not known.';
comment on column private.chunk_words.length is 'How many words there are, repetitions included.';
comment on column private.chunk_words.keys is 'Each word once, and the levels of those that are frequent.';
comment on column private.chunk_words.repeated is 'How often the words are there that are there more than once.';

-- Read for each candidate of a search: in the row, and not packed.
alter table private.chunk_words alter column keys set storage external, alter column repeated set storage external;
-- New chunks are sorted in by the fifty to hundred; a search reads those that wait, so they must be few.
create index chunk_words_keys_idx on private.chunk_words using gin (keys) with (gin_pending_list_limit = 256);
alter table private.chunk_words enable row level security;

-- ---------------------------------------------------------------------------------------- private.word_counts
create table private.word_counts (
  key text collate "C" primary key, -- a word and its levels stand side by side in the index, and are looked up at once
  chunks bigint not null,
  length bigint not null
);
comment on table private.word_counts is
  'In how many chunks each key is, as of the last upkeep. The key '''' counts all chunks and their length in words, the keys '
  'with a blank before a language its chunks.';
alter table private.word_counts enable row level security;

-- --------------------------------------------------------------------------------- private.word_count_changes
create table private.word_count_changes (
  key text collate "C" not null,
  chunks bigint not null,
  length bigint not null
);
comment on table private.word_count_changes is
  'What is to be added to word_counts. Whoever changes chunks adds rows of his own: nobody waits for another''s common words.';
create index word_count_changes_key_idx on private.word_count_changes (key) include (chunks, length);
alter table private.word_count_changes enable row level security;

-- ------------------------------------------------------------------------- kept current by the triggers of ai_kb_docs
create function private.add_words(p_chunk_ids uuid[]) returns void
language sql set search_path = '' as $$
  with told as materialized (
    select d.id, concat_ws(E'\n', d.metadata ->> 'title', d.metadata ->> 'heading', d.content) as text,
      coalesce(d.metadata ->> 'language', private.language(left(d.content, 600)), 'simple') as language
    from public.ai_kb_docs as d where d.id = any(p_chunk_ids)
  ), parsed as materialized (
    select t.id, t.language, private.searchable_words(t.text, t.language) as words from told as t
  ), counted as (
    select p.id, p.language, strip(p.words) as words, coalesce(w.length, 0) as length, coalesce(w.repeated, '{}') as repeated
    from parsed as p
    cross join lateral (
      select sum(cardinality(u.positions)) as length,
        jsonb_object_agg(u.lexeme, cardinality(u.positions)) filter (where cardinality(u.positions) > 1) as repeated
      from unnest(p.words) as u
    ) as w
  ), added as (
    insert into private.chunk_words (chunk_id, language, length, keys, repeated)
    select c.id, c.language, c.length, c.words || array_to_tsvector(array(
        select r.key || ' ' || l.level
        from jsonb_each(c.repeated) as r
        join private.frequency_levels() as l on r.value::int >= l.level * (0.25 + 0.75 * c.length / 200)
      )), c.repeated
    from counted as c
    returning language, length, keys
  )
  insert into private.word_count_changes (key, chunks, length)
  select k.key, count(*), 0 from added as a cross join unnest(tsvector_to_array(a.keys)) as k (key) group by k.key
  union all
  select '', count(*), sum(a.length) from added as a having count(*) > 0
  union all
  select ' ' || a.language, count(*), 0 from added as a group by a.language;
$$;
comment on function private.add_words is 'Notes the words of new chunks.';

create function private.remove_words(p_chunk_ids uuid[]) returns void
language sql set search_path = '' as $$
  with removed as (
    delete from private.chunk_words as w where w.chunk_id = any(p_chunk_ids) returning w.language, w.length, w.keys
  )
  insert into private.word_count_changes (key, chunks, length)
  select k.key, -count(*), 0 from removed as r cross join unnest(tsvector_to_array(r.keys)) as k (key) group by k.key
  union all
  select '', -count(*), -sum(r.length) from removed as r having count(*) > 0
  union all
  select ' ' || r.language, -count(*), 0 from removed as r group by r.language;
$$;
comment on function private.remove_words is 'Forgets the words of chunks that are gone.';

create function private.fold_word_counts() returns int
language plpgsql set search_path = '' as $$
declare
  v_folded int;
begin
  with taken as (
    delete from private.word_count_changes returning key, chunks, length
  )
  merge into private.word_counts as c
  using (select t.key, sum(t.chunks) as chunks, sum(t.length) as length from taken as t group by t.key) as s
  on c.key = s.key
  when matched and c.chunks + s.chunks = 0 then delete
  when matched then update set chunks = c.chunks + s.chunks, length = c.length + s.length
  when not matched and s.chunks <> 0 then insert (key, chunks, length) values (s.key, s.chunks, s.length);
  get diagnostics v_folded = row_count;
  return v_folded;
end;
$$;
comment on function private.fold_word_counts is 'Takes the changes up into word_counts; returns how many keys changed.';

-- ------------------------------------------------------------------------------------------------ search by words
create function private.count_keys(p_words text[])
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
  ) as n on w.word <> '' or n.key = ''
  group by w.word, n.key;
end;
$$;
comment on function private.count_keys is
  'In how many chunks each word is, and each of its levels that there are; and, as word '''' of level 0, all chunks with '
  'their length.';

create function private.stored_languages() returns text[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(l.name), '{}')
  from (
    select substr(c.key, 2) as name
    from (
      select x.key, x.chunks from private.word_counts as x where x.key > ' ' and x.key < '!'
      union all
      select x.key, x.chunks from private.word_count_changes as x where x.key > ' ' and x.key < '!'
    ) as c
    group by c.key having sum(c.chunks) > 0 order by sum(c.chunks) desc, c.key limit 4
  ) as l;
$$;
comment on function private.stored_languages is 'The languages of the chunks, at most four, that of most of them first.';

create function private.asked_words(p_query text) returns table (place int, word text, own boolean)
language plpgsql stable rows 20 set search_path = '' as $$
declare
  v_stored constant text[] := private.stored_languages();
  v_own constant text := coalesce(private.language(p_query, v_stored), v_stored[1], 'simple');
begin
  return query
  with kept as ( -- before their accents go, by which "für" is known as a common word
    select p.place
    from unnest(to_tsvector(('pg_catalog.' || v_own)::regconfig, private.in_one_spelling(p_query))) as w
    cross join unnest(w.positions) as p (place)
  )
  select distinct p.place::int, w.lexeme, l.name = v_own
  from (select unnest(v_stored || v_own) union select 'simple') as l (name)
  cross join unnest(private.searchable_words(p_query, l.name)) as w
  cross join unnest(w.positions) as p (place)
  where p.place in (select k.place from kept as k);
end;
$$;
comment on function private.asked_words is
  'Each word of a question in the forms in which chunks may have it: as a stem of its own language, of those of the chunks, and '
  'as it is. Without the commonest words of its language; of a question in none that is known, of that of most chunks.';

create function private.matching_chunks(p_query text)
returns table (chunk_id uuid, score double precision, coverage double precision)
language plpgsql stable rows 40 set search_path = '' as $$
declare
  v_average double precision; -- length of a chunk
  v_words text[];
  v_queries tsquery[];
  v_rarities double precision[];
  v_asked double precision; -- sum of the rarities, also of words that are nowhere
  v_keys text[];
begin
  with asked as materialized (
    select x.place, x.word, x.own from private.asked_words(left(p_query, 4000)) as x
  ), every_form as materialized (
    select k.* from private.count_keys(array(select distinct x.word from asked as x)) as k
  ), forms as (
    -- Of each word the form that most chunks have.
    select distinct on (x.place) x.word
    from asked as x join every_form as f on f.word = x.word and f.level = 1
    order by x.place, f.chunks desc, x.own desc, x.word
  ), counted as materialized (
    select f.* from every_form as f where f.level = 0 or f.word in (select x.word from forms as x)
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
create table private.vector_index (
  one boolean primary key default true check (one),
  generation int not null default 0,
  embedding_model text,
  chunks int check (chunks > 0),
  lists int check (lists > 0),
  probes int check (probes > 0),
  built_at timestamptz,
  tuned boolean not null default false
);
comment on table private.vector_index is
  'The ivfflat index that searches go by: for which model and how many chunks it was built, in how many lists, of which probes '
  'are read. Null while searches are exact.';
comment on column private.vector_index.tuned is 'Whether probes has been measured; a cautious guess until then.';
insert into private.vector_index default values;
alter table private.vector_index enable row level security;

-- ---------------------------------------------------------------------------------------------- search by vectors
create function private.nearest_chunks(p_embedding extensions.vector, p_embedding_model text)
returns table (chunk_id uuid, source_id uuid, distance double precision)
language plpgsql stable rows 40 set search_path = '' as $$
declare
  v_probes constant int := (select x.probes from private.vector_index as x where x.embedding_model = p_embedding_model);
begin
  if p_embedding is null then
    return;
  elsif v_probes is null then
    return query
    -- "+ 0" keeps the planner off an index that was made for other vectors than there are.
    select d.id, d.source_id, (d.embedding operator(extensions.<=>) p_embedding) + 0
    from public.ai_kb_docs as d
    where d.embedding_model = p_embedding_model
    order by (d.embedding operator(extensions.<=>) p_embedding) + 0
    limit 40;
  else
    -- For this transaction. Iterative: where other models' vectors crowd the lists, more of them are read.
    perform set_config('ivfflat.probes', v_probes::text, true), set_config('ivfflat.iterative_scan', 'relaxed_order', true);
    return query
    select d.id, d.source_id, d.embedding operator(extensions.<=>) p_embedding
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

create function private.nearest_questions(p_embedding extensions.vector, p_embedding_model text)
returns table (source_id uuid, question text, similarity double precision, closeness double precision)
language plpgsql stable rows 8 set search_path = '' as $$
begin
  if p_embedding is null then
    return;
  end if;
  -- For this transaction. Iterative: entries of what was replaced are passed over.
  perform set_config('hnsw.iterative_scan', 'relaxed_order', true);
  return query
  with nearest as materialized (
    select q.source_id, q.content, 1 - (q.embedding operator(extensions.<=>) p_embedding) as similarity
    from private.questions as q
    where q.embedding_model = p_embedding_model
    order by q.embedding::extensions.halfvec(512) operator(extensions.<=>) p_embedding::extensions.halfvec(512)
    limit 20
  ), of_each as (
    select a.* from (select distinct on (n.source_id) n.* from nearest as n order by n.source_id, n.similarity desc) as a
    order by a.similarity desc
    limit 8 -- documents, of which each question and chunk may have to be looked at
  )
  select e.source_id, e.content, e.similarity, (e.similarity + 1 - (m.embedding operator(extensions.<=>) p_embedding)) / 2
  from of_each as e
  cross join lateral (
    -- Its angle is that of the sum, which is there in a quarter of the time of the mean.
    select extensions.sum(q.embedding) as embedding from private.questions as q
    where q.source_id = e.source_id and q.embedding_model = p_embedding_model
  ) as m
  order by e.similarity desc;
end;
$$;
comment on function private.nearest_questions is
  'Of the 20 questions of documents that are nearest to an embedding the nearest of each document, of 8 at most. closeness is '
  'halfway from its similarity to that of the mean of all that the document names: one question alone may be near by its wording. '
  'None for no embedding.';

-- --------------------------------------------------------------------------------------------------- both, fused
create function private.rank_chunks(
  p_query text, p_embedding extensions.vector, p_embedding_model text, p_min_score double precision
)
returns table (
  chunk_id uuid, similarity double precision, near_place bigint, words_score double precision, coverage double precision,
  words_place bigint, rank_score double precision, question text, question_similarity double precision, is_evidence boolean
)
language sql stable rows 80 set search_path = '' as $$
  with nearest as materialized (
    select n.chunk_id, n.source_id, 1 - n.distance as similarity from private.nearest_chunks(p_embedding, p_embedding_model) as n
  ), led_to as (
    -- By a question its document leads to the chunk that is nearest itself: mostly one of those, else all of its are looked at.
    select c.chunk_id, c.similarity, a.question, a.similarity as question_similarity, a.closeness
    from private.nearest_questions(p_embedding, p_embedding_model) as a
    cross join lateral (
      (select n.chunk_id, n.similarity from nearest as n where n.source_id = a.source_id order by n.similarity desc limit 1)
      union all
      (
        select d.id, 1 - (d.embedding operator(extensions.<=>) p_embedding) from public.ai_kb_docs as d
        where d.source_id = a.source_id and d.embedding_model = p_embedding_model
        order by (d.embedding operator(extensions.<=>) p_embedding) + 0 limit 1
      )
      limit 1
    ) as c
    where a.closeness > c.similarity
  ), close as (
    -- It takes the chunk not quite half the way to its questions: with more, documents that name none are lost behind those
    -- that do (docs/benchmarks.md, "Oblique questions").
    select chunk_id, coalesce(n.similarity, l.similarity) as similarity, l.question, l.question_similarity,
      coalesce(l.similarity + 0.45::double precision * (l.closeness - l.similarity), n.similarity) as closeness
    from nearest as n full join led_to as l using (chunk_id)
  ), least as (
    -- Where the nearest chunk shows that the knowledge base has something on it, others may be half as near.
    select case when max(n.similarity) >= p_min_score then p_min_score / 2 else p_min_score end as similarity from nearest as n
  ), near as materialized (
    select c.*, case when c.closeness >= l.similarity then row_number() over (order by c.closeness desc, c.chunk_id) end as place
    from close as c cross join least as l
  ), matching as materialized (
    select m.chunk_id, m.score, m.coverage, row_number() over (order by m.score desc, m.chunk_id) as place
    from private.matching_chunks(p_query) as m
  ), found as (
    -- Reciprocal rank fusion with the 60 of Cormack, Clarke and Buettcher (2009). Ranks alone would let the best of weak
    -- matches beat a good vector: words count .6, by the cube of how much of the question the best of them covers.
    select d.source_id, d.id as chunk_id, n.place as near_place, m.score, m.coverage, m.place as words_place, n.question,
      n.question_similarity,
      coalesce(n.similarity, case when d.embedding_model = p_embedding_model
        then 1 - (d.embedding operator(extensions.<=>) p_embedding) end) as similarity,
      coalesce(1 / (60 + n.place::double precision), 0) as by_meaning,
      coalesce(0.6::double precision * w.best ^ 3 / (60 + m.place::double precision), 0) as by_words
    from near as n full join matching as m using (chunk_id)
    join public.ai_kb_docs as d on d.id = chunk_id
    cross join (select max(x.coverage) as best from matching as x) as w
  ), judged as (
    select f.*, coalesce(f.similarity >= l.similarity, false) or coalesce(f.coverage >= 0.6, false) as is_evidence
    from found as f cross join least as l
  )
  -- One chunk of a document may be near and another have the words: its best one counts for both.
  select j.chunk_id, j.similarity, j.near_place, j.score, j.coverage, j.words_place,
    case when row_number() over (
      partition by j.source_id order by j.is_evidence desc, j.by_meaning + j.by_words desc, j.near_place, j.chunk_id
    ) = 1 then max(j.by_meaning) over document + max(j.by_words) over document else j.by_meaning + j.by_words end,
    j.question, j.question_similarity, j.is_evidence
  from judged as j
  window document as (partition by j.source_id);
$$;
comment on function private.rank_chunks is
  'The chunks near a question''s embedding, those of documents that name a question near it, and those matching its words, with '
  'both places and what they make together, and whether each is evidence by itself: with a cosine similarity of its own of at '
  'least p_min_score, or half of that where another has p_min_score; or with most of the question''s words by rarity.';

create function private.search_hybrid(
  p_query text, p_embedding extensions.vector, p_embedding_model text, p_limit int, p_min_score double precision
)
returns table (
  chunk_id uuid, source text, title text, heading text, version int, reviewed_on date, content text, token_count int,
  score double precision, rank_score double precision
)
language sql stable set search_path = '' as $$
  with ranked as materialized (
    select r.* from private.rank_chunks(p_query, p_embedding, p_embedding_model, p_min_score) as r
    where r.is_evidence
    order by r.rank_score desc, r.near_place, r.chunk_id
    limit p_limit
  )
  select d.id, d.source, d.metadata ->> 'title', d.metadata ->> 'heading', (d.metadata ->> 'version')::int,
    (d.metadata ->> 'reviewed_on')::date, d.content, d.token_count, coalesce(r.similarity, 0), r.rank_score
  from ranked as r
  join public.ai_kb_docs as d on d.id = r.chunk_id
  order by r.rank_score desc, r.near_place, r.chunk_id;
$$;
comment on function private.search_hybrid is
  'The p_limit chunks that are the best evidence for a question, best first: those near its embedding, by themselves or by what '
  'their document says it answers, and those matching its words, fused by their ranks. score is the cosine similarity of their '
  'own; 0 without an embedding of the same model. None is an honest answer. p_embedding may be null.';

create function public.search_knowledge(
  p_query text, p_embedding extensions.vector, p_embedding_model text, p_limit int, p_min_score double precision,
  p_context text default null, p_context_embedding extensions.vector default null, p_goes_on boolean default true
) returns jsonb
language sql stable security definer set search_path = '' as $$
  with alone as materialized (
    select to_jsonb(f) as passage, f.chunk_id, 2 * row_number() over (order by f.rank_score desc, f.score desc, f.chunk_id) as place
    from private.search_hybrid(p_query, p_embedding, p_embedding_model, p_limit, p_min_score) as f
  ), found as (
    select a.* from alone as a
    union all
    select to_jsonb(f), f.chunk_id, 1 + 2 * row_number() over (order by f.rank_score desc, f.score desc, f.chunk_id)
    from private.search_hybrid(p_context, p_context_embedding, p_embedding_model, p_limit, p_min_score) as f
    where p_context is not null and (p_goes_on or exists (select from alone))
  )
  select coalesce(jsonb_agg(b.passage order by b.place), '[]')
  from (
    select x.passage, x.place
    from (select distinct on (f.chunk_id) f.* from found as f order by f.chunk_id, f.place) as x
    order by x.place
    limit p_limit
  ) as b;
$$;
comment on function public.search_knowledge is
  'What private.search_hybrid finds, best first; an empty list where there is no evidence. With p_context, the query behind what it '
  'may go on from, in turns with what is found for that: a question that goes on is answered by the second, a new one by the first. '
  'Where the query alone finds nothing, the second counts only if p_goes_on: it must be clear that this is no new subject.';

create function public.explain_search(
  p_query text, p_embedding extensions.vector, p_embedding_model text, p_min_score double precision, p_limit int default 20
) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(to_jsonb(x) order by x.rank_score desc, x.similarity desc, x.chunk_id), '[]')
  from (
    select r.chunk_id, d.source, d.metadata ->> 'title' as title, d.metadata ->> 'heading' as heading,
      left(d.content, 600) as excerpt, r.similarity, r.question, r.question_similarity, r.near_place, r.words_score, r.coverage,
      r.words_place, r.rank_score, r.is_evidence
    from private.rank_chunks(p_query, p_embedding, p_embedding_model, p_min_score) as r
    join public.ai_kb_docs as d on d.id = r.chunk_id
    order by r.rank_score desc, r.similarity desc nulls last, r.chunk_id limit least(p_limit, 50)
  ) as x;
$$;
comment on function public.explain_search is
  'What private.search_hybrid looks at for one query, best first, also what is no evidence: both scores and places, what they make '
  'together, and the first 600 characters.';

-- -------------------------------------------------------------------------------------------------------- upkeep
create function private.build_vector_index(p_embedding_model text, p_chunks int) returns boolean
language plpgsql set search_path = '' as $$
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

create function private.drop_old_vector_indexes() returns int
language plpgsql set search_path = '' as $$
declare
  v_current constant text := (select 'ai_kb_docs_embedding_idx_' || x.generation from private.vector_index as x);
  v_name text;
  v_dropped int := 0;
begin
  -- It waits for those who search, and all who come after wait with it: hardly at all.
  perform set_config('lock_timeout', '100ms', true);
  for v_name in
    select c.relname
    from pg_catalog.pg_index as i
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    join pg_catalog.pg_am as a on a.oid = c.relam
    where i.indrelid = 'public.ai_kb_docs'::regclass and a.amname = 'ivfflat' and c.relname <> v_current
  loop
    execute format('drop index public.%I', v_name);
    v_dropped := v_dropped + 1;
  end loop;
  return v_dropped;
exception when lock_not_available then
  return 0;
end;
$$;
comment on function private.drop_old_vector_indexes is
  'Drops the ivfflat indexes that searches no longer go by and returns how many; 0 when the table is in use just now.';

create function private.neighbours(p_ids uuid[], p_embedding_model text) returns text[]
language sql stable set search_path = '' as $$
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
language plpgsql set search_path = '' as $$
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
  'Measures on 200 chunks how many lists a search must read to find .995 of the neighbours that a third of all lists '
  'hold, and has it read so many: that depends on how the vectors lie, not on their number alone.';

create function public.maintain_index(p_exact_below int default 2000) returns jsonb
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
  if not pg_try_advisory_xact_lock(hashtext('maintain_index')) then
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
comment on function public.maintain_index is
  'Upkeep of the search, for the sweep to call: folds the word counts, and builds the vector index when there are enough chunks '
  'for one, twice as many as it was built for (or half), or those of another model; the call after that drops the old one, the '
  'next one tunes the new one. Readers wait 0.1 s at most. Safe at any time; of two at once one does nothing.';

create function public.passages_named(p_names text[]) returns jsonb
language sql stable security definer set search_path = '' as $$
  select coalesce(jsonb_agg(jsonb_build_object(
    'chunk_id', d.id, 'source', d.source, 'title', d.metadata ->> 'title', 'heading', d.metadata ->> 'heading',
    'version', (d.metadata ->> 'version')::int, 'reviewed_on', d.metadata ->> 'reviewed_on', 'content', d.content, 'score', 0, 'rank_score', 0
  ) order by d.id), '[]')
  from (select distinct substr(n, 2) as part from unnest(p_names[1:100]) as n where n ~ '^k[0-9a-f]{8}$') as named
  join public.ai_kb_docs as d
    on d.id between (named.part || '-0000-0000-0000-000000000000')::uuid and (named.part || '-ffff-ffff-ffff-ffffffffffff')::uuid;
$$;
comment on function public.passages_named is
  'The passages whose ids begin as agents name them (k and eight digits), at most 100 names: each as search_knowledge gives it, without scores.';

grant execute on function public.passages_named, public.search_knowledge, public.explain_search, public.maintain_index to service_role;
