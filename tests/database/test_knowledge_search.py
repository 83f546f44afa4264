"""Chunks are found by their words and by their vectors; what is about something else is not found at all."""

import math
import random

import pytest

from tests.support.database.actors import Connection
from tests.support.database.threads import at_once
from tests.support.database.vectors import add_chunks, add_questions, add_source, axis, remove_source

NOWHERE = axis(511)
WEIGHTS = [0.8] + [0.6 if index == 1 else 0.0 for index in range(1, 512)]  # cosine .8 with axis 0, .6 with axis 1
STATISTICS = """
    select key, sum(chunks)::bigint, sum(length)::bigint
    from (select * from private.word_counts union all select * from private.word_count_changes) as c
    group by key having sum(chunks) <> 0 order by key
"""
# From the chunks themselves. Nothing but the keys' levels is taken from what the triggers have stored.
RECOUNTED = """
    with parsed as (
      select id, private.searchable_words(
        concat_ws(' ', metadata ->> 'title', metadata ->> 'heading', content), w.language
      ) as words
      from ai_kb_docs join private.chunk_words as w on w.chunk_id = id
    )
    select w.word, count(*), 0 from parsed, unnest(tsvector_to_array(words)) as w (word) group by w.word
    union all
    select k.key, count(*), 0 from private.chunk_words, unnest(tsvector_to_array(keys)) as k (key)
    where k.key like '% %' group by k.key
    union all
    select ' ' || language, count(*), 0 from private.chunk_words group by language
    union all
    select '', count(distinct id), sum(cardinality(u.positions)) from parsed, unnest(words) as u having count(*) > 0
    order by 1
"""
WORDS = [
    "squat",
    "squat",
    "squat",
    "bench",
    "press",
    "hinge",
    "row",
    "plank",
    "creatine",
    "caffeine",
    "tempo",
    "cadence",
]


def search(
    connection: Connection, query: str, vector: list[float] | None, *, model: str = "m", limit: int = 5
) -> list[str]:
    """The contents of what is found, best first."""
    rows = connection.execute(
        "select content from private.search_hybrid(%s, %s::real[]::extensions.vector, %s, %s, 0.5)",
        (query, vector, model, limit),
    ).fetchall()
    return [row[0] for row in rows]


def matching(connection: Connection, query: str) -> list[str]:
    """What has a word of the question at all, best first."""
    rows = connection.execute(
        "select d.content from private.matching_chunks(%s) as m join ai_kb_docs as d on d.id = m.chunk_id "
        "order by m.score desc",
        (query,),
    ).fetchall()
    return [row[0] for row in rows]


def test_what_is_explained_as_evidence_is_what_is_found(connection: Connection) -> None:
    contents = {f"{word} {number}": axis(number) for number, word in enumerate(WORDS)}
    add_chunks(connection, contents | {"a deload of the knee": WEIGHTS, "a deload": axis(1)})
    for query, vector in (("deload", axis(0)), ("squat tempo", axis(3)), ("creatine", NOWHERE), ("tea", NOWHERE)):
        explained = connection.execute(
            "select explain_search(%s, %s::real[]::extensions.vector, 'm', 0.5, 50)", (query, vector)
        ).fetchone()
        assert explained is not None
        evidence = [each["excerpt"] for each in explained[0] if each["is_evidence"]]
        assert evidence == search(connection, query, vector, limit=50)
        assert len(explained[0]) > len(evidence)


def test_a_rare_word_is_found_though_the_vector_is_far(connection: Connection) -> None:
    add_chunks(connection, {"Beta-alanine makes the skin tingle.": axis(0), "Creatine does not.": axis(1)})

    assert search(connection, "does beta-alanine tingle?", NOWHERE) == ["Beta-alanine makes the skin tingle."]


def test_a_near_vector_is_found_though_no_word_is_shared(connection: Connection) -> None:
    add_chunks(connection, {"Sore legs are harmless.": axis(0), "Creatine is safe.": axis(1)})

    assert search(connection, "Why do my thighs ache?", axis(0)) == ["Sore legs are harmless."]


def mixed(**weights: float) -> list[float]:
    """The unit vector with these cosines along the axes a0, a1, ..., the rest of it along another one."""
    vector = [0.0] * 512
    for name, weight in weights.items():
        vector[int(name[1:])] = weight
    vector[500] = math.sqrt(1 - sum(weight**2 for weight in weights.values()))
    return vector


def test_a_question_of_its_document_brings_a_chunk_before_others_that_are_nearer(connection: Connection) -> None:
    add_chunks(connection, {"Tea is brewed.": mixed(a0=0.65)})
    source = add_chunks(connection, {"Rest for a week.": mixed(a0=0.6), "Cut the sets.": mixed(a0=0.55)})
    assert search(connection, "am I done in?", axis(0)) == ["Tea is brewed.", "Rest for a week.", "Cut the sets."]

    add_questions(connection, source, {"Why am I so tired?": mixed(a0=0.9), "How long?": axis(9)})
    assert search(connection, "am I done in?", axis(0)) == ["Rest for a week.", "Tea is brewed.", "Cut the sets."]


def test_a_document_is_found_by_its_question_though_forty_chunks_of_others_are_nearer(connection: Connection) -> None:
    add_chunks(connection, {f"Tea {number}": mixed(a0=0.7) for number in range(45)})
    source = add_chunks(connection, {"Rest for a week.": mixed(a0=0.6)})
    assert "Rest for a week." not in search(connection, "am I done in?", axis(0), limit=60)

    add_questions(connection, source, {"Why am I so tired?": axis(0)})
    assert search(connection, "am I done in?", axis(0))[0] == "Rest for a week."


def test_a_question_is_evidence_of_nothing(connection: Connection) -> None:
    source = add_chunks(connection, {"Rest for a week.": mixed(a0=0.45)})
    add_questions(connection, source, {"Why am I so tired?": axis(0)})

    assert search(connection, "am I done in?", axis(0)) == []


def test_of_questions_as_near_those_lead_whose_document_names_nothing_else(connection: Connection) -> None:
    wide = add_chunks(connection, {"Rest for a week.": mixed(a0=0.6)})
    narrow = add_chunks(connection, {"Cut the sets.": mixed(a0=0.6)})
    add_questions(connection, wide, {"Why am I tired?": mixed(a0=0.9), "What is tea?": axis(7), "Who won?": axis(8)})
    add_questions(connection, narrow, {"Am I worn out?": mixed(a0=0.9), "Am I weary?": mixed(a0=0.8)})

    assert search(connection, "am I done in?", axis(0)) == ["Cut the sets.", "Rest for a week."]


def test_beside_what_is_evidence_something_half_as_near_is_too(connection: Connection) -> None:
    add_chunks(connection, {"Rest for a week.": mixed(a0=0.3), "Tea is brewed.": mixed(a0=0.2)})
    assert search(connection, "am I done in?", axis(0)) == []

    add_chunks(connection, {"Cut the sets.": mixed(a0=0.6)})
    assert search(connection, "am I done in?", axis(0)) == ["Cut the sets.", "Rest for a week."]


def test_the_best_chunk_of_a_document_counts_for_the_words_of_its_others_too(connection: Connection) -> None:
    add_chunks(connection, {"Tea is brewed.": mixed(a0=0.95)})
    add_chunks(connection, {"Rest for a week.": mixed(a0=0.9), "On every deload": mixed(a0=0.1)})

    assert search(connection, "deload", axis(0)) == ["Rest for a week.", "Tea is brewed.", "On every deload"]


def test_questions_of_another_model_lead_nowhere(connection: Connection) -> None:
    add_chunks(connection, {"Tea is brewed.": mixed(a0=0.65)})
    source = add_chunks(connection, {"Rest for a week.": mixed(a0=0.6)})
    add_questions(connection, source, {"Why am I so tired?": axis(0)}, model="old")

    assert search(connection, "am I done in?", axis(0)) == ["Tea is brewed.", "Rest for a week."]


def test_it_is_explained_which_question_led_to_a_chunk(connection: Connection) -> None:
    source = add_chunks(connection, {"Rest for a week.": mixed(a0=0.6), "Cut the sets.": mixed(a0=0.5)})
    add_questions(connection, source, {"Why am I so tired?": mixed(a0=0.9), "Am I ill?": mixed(a0=0.8)})
    explained = connection.execute(
        "select explain_search('am I done in?', %s::real[]::extensions.vector, 'm', 0.5)", (axis(0),)
    ).fetchone()
    assert explained is not None

    told = [(one["excerpt"], one["question"], one["question_similarity"], one["similarity"]) for one in explained[0]]
    assert told == [
        ("Rest for a week.", "Why am I so tired?", pytest.approx(0.9), pytest.approx(0.6)),
        ("Cut the sets.", None, None, pytest.approx(0.5)),
    ]


def test_what_both_find_comes_first(connection: Connection) -> None:
    add_chunks(connection, {"near": axis(0), "a deload of the knee": WEIGHTS, "a deload": axis(1)})

    assert search(connection, "deload", axis(0)) == ["a deload of the knee", "near", "a deload"]


def test_a_question_about_something_else_finds_nothing(connection: Connection) -> None:
    add_chunks(connection, {"Reset your grip between heavy pulls.": axis(0), "Rest two minutes.": axis(1)})

    assert search(connection, "How do I reset the password of my wifi router?", NOWHERE) == []


def test_a_question_of_nothing_but_common_words_finds_nothing(connection: Connection) -> None:
    add_chunks(connection, {"Rest two minutes.": axis(0)})

    assert search(connection, "what is it, and how do you do that?", NOWHERE) == []
    assert search(connection, "", NOWHERE) == []


def test_without_a_vector_words_alone_are_searched(connection: Connection) -> None:
    add_chunks(connection, {"A deload week": axis(0), "near": axis(1)})

    assert search(connection, "deloads", None) == ["A deload week"]


def test_vectors_of_another_model_are_never_compared(connection: Connection) -> None:
    add_chunks(connection, {"Old but worded alike": axis(0), "Old": axis(0)}, model="old")
    rows = connection.execute(
        "select content, score from private.search_hybrid('worded alike', %s::real[]::extensions.vector, 'm', 5, 0.5)",
        (axis(0),),
    ).fetchall()

    assert rows == [("Old but worded alike", 0.0)]


def test_titles_and_headings_are_searched_too(connection: Connection) -> None:
    add_chunks(connection, {"Twenty minutes are enough.": axis(0)}, title="Cold water immersion", heading="Duration")

    assert search(connection, "duration of immersion", NOWHERE) == ["Twenty minutes are enough."]


@pytest.mark.parametrize("query", ["12 reps", "push day", "pull-up", "\\ 'quoted' \\' reps", "0.4 g"])
def test_numbers_ranges_and_odd_characters_are_words_like_others(connection: Connection, query: str) -> None:
    add_chunks(connection, {"Do 8-12 reps on your push/pull day, a pull-up or 'quoted' 0.4 g\\kg.": axis(0)})

    assert len(search(connection, query, NOWHERE)) == 1


GERMAN = "Übungen für den Rücken: Kreuzheben kräftigt die Muskeln, und es gehört in jeden Plan."
FRENCH = "Les étirements améliorent la souplesse des muscles quand on les tient pendant une minute."
RUSSIAN = "Приседания со штангой развивают мышцы ног, и они не вредят коленям."  # noqa: RUF001
ENGLISH = "The squat trains the muscles of the legs, and it is good for the back."
JAPANESE = "スクワットは脚の筋肉を鍛えます。膝をつま先と同じ方向に向けます。"
CHINESE = "深蹲训练腿部肌肉。膝盖与脚尖方向一致。"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("Welche Übung ist gut für den Rücken?", GERMAN),
        ("ubung rucken", GERMAN),
        ("Muskel kräftigen", GERMAN),
        ("comment faire un étirement", FRENCH),
        ("ETIREMENT", FRENCH),
        ("как делать приседание", RUSSIAN),
        ("how do squats train a leg muscle?", ENGLISH),
        ("脚の筋肉", JAPANESE),
        ("ｽｸﾜｯﾄ", JAPANESE),
        ("膝盖方向", CHINESE),
    ],
)
def test_each_document_is_found_in_its_language(connection: Connection, query: str, found: str) -> None:
    """Among those of other languages, in another form of the word, and written as a keyboard has it."""
    for text in (GERMAN, FRENCH, RUSSIAN, ENGLISH, JAPANESE, CHINESE):
        add_chunks(connection, {text: axis(0)})

    assert matching(connection, query)[:1] == [found]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (GERMAN, "german"),
        (FRENCH, "french"),
        (RUSSIAN, "russian"),
        (ENGLISH, "english"),
        ("¿Cuántas repeticiones debo hacer para ganar músculo sin hacerme daño?", "spanish"),
        ("Quantas repetições devo fazer para não me machucar e ganhar músculo?", "portuguese"),
        ("Hoe vaak moet ik in de week trainen om sterker te worden?", "dutch"),
        (JAPANESE, None),
        ("Squat 5x5 100 kg", None),
        ("", None),
    ],
)
def test_a_language_is_known_by_its_commonest_words(connection: Connection, text: str, language: str | None) -> None:
    assert connection.execute("select private.language(%s)", (text,)).fetchone() == (language,)


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("good for ﬁtness", "fitness"),
        ("exer\u00adcise", "exercise"),
        ("jalape\u0303nos", "jalape\u00f1os"),
        ("Überzüge", "uberzuge"),
        ("ＡＢＳ", "abs"),  # noqa: RUF001
        ("Don’t add weight", "don't add weight"),  # noqa: RUF001
        ("smørbrød", "smorbrod"),
    ],
)
def test_one_word_in_two_spellings_is_one_word(connection: Connection, written: str, asked: str) -> None:
    add_chunks(connection, {written: axis(0)})

    assert search(connection, asked, None) == [written]


def test_a_power_is_no_digit_of_its_number(connection: Connection) -> None:
    add_chunks(connection, {"10³ units": axis(0)})

    assert search(connection, "103", None) == []


def test_the_best_of_weak_matches_does_not_beat_a_good_vector(connection: Connection) -> None:
    add_chunks(connection, {"Sore legs are harmless.": axis(0), "My coach runs a gym.": axis(2)})
    add_chunks(connection, dict.fromkeys((f"Nothing of it {number}" for number in range(9)), WEIGHTS))

    question = "my thighs ache terribly downstairs, said the coach; harmless?"
    assert search(connection, question, axis(0))[0] == "Sore legs are harmless."


def test_a_chunk_that_is_most_about_a_word_comes_first(connection: Connection) -> None:
    filler = "one long sentence that has nothing more to say about it and goes on for a good while all the same"
    add_chunks(
        connection, {f"plank {filler}": axis(0), f"plank plank plank {filler}": axis(1), f"row {filler}": axis(2)}
    )

    assert search(connection, "plank", NOWHERE) == [f"plank plank plank {filler}", f"plank {filler}"]


def test_among_thousands_with_a_word_those_most_about_it_are_looked_at(connection: Connection) -> None:
    add_chunks(connection, dict.fromkeys((f"squat number {number}" for number in range(700)), axis(0)))
    add_chunks(connection, {"squat squat squat squat deep": axis(1)})

    assert search(connection, "squat", None, limit=1) == ["squat squat squat squat deep"]


def test_a_word_that_thousands_have_leaves_room_for_a_rarer_one(connection: Connection) -> None:
    add_chunks(connection, dict.fromkeys((f"squat number {number}" for number in range(700)), axis(0)))
    add_chunks(connection, {"lunge with a kettlebell": axis(1), "squat with a kettlebell": axis(2)})

    assert search(connection, "kettlebell squat", None)[:2] == ["squat with a kettlebell", "lunge with a kettlebell"]


def test_a_word_is_not_counted_for_the_beginning_of_another(connection: Connection) -> None:
    add_chunks(connection, {"plan": axis(0), "plank": axis(1), "plank plank plank": axis(2)})
    rows = connection.execute("select word, level, chunks from private.count_keys('{plan,planet}') order by 1, 2")

    assert rows.fetchall() == [("", 0, 3), ("plan", 1, 1), ("planet", 1, 0)]


def test_a_source_that_is_deleted_takes_its_words_along(connection: Connection) -> None:
    source = add_chunks(connection, {"A deload week": axis(0)})
    remove_source(connection, source)

    assert search(connection, "deload", axis(0)) == []
    assert connection.execute(STATISTICS).fetchall() == []


def test_an_emptied_knowledge_base_has_no_words(connection: Connection) -> None:
    add_chunks(connection, {"A deload week": axis(0)})
    connection.execute("truncate ai_kb_docs")

    assert connection.execute(STATISTICS).fetchall() == []


def test_an_edited_chunk_is_found_by_its_new_words_only(connection: Connection) -> None:
    add_chunks(connection, {"A deload week": axis(0)})
    connection.execute("update ai_kb_docs set content = 'A tempo run'")

    assert search(connection, "deload", NOWHERE) == []
    assert search(connection, "tempo", NOWHERE) == ["A tempo run"]


def test_a_new_vector_is_no_new_word(connection: Connection) -> None:
    add_chunks(connection, {"A deload week": axis(0)})
    before = connection.execute("select xmin, ctid from private.chunk_words").fetchall()
    connection.execute("update ai_kb_docs set embedding = array_fill(1, array[512])::extensions.vector")

    assert connection.execute("select xmin, ctid from private.chunk_words").fetchall() == before


@pytest.mark.parametrize("seed", range(5))
def test_statistics_are_those_of_a_recount_after_any_changes(connection: Connection, seed: int) -> None:
    generator = random.Random(seed)  # noqa: S311 - no secret
    sources = []
    for _ in range(30):
        act = generator.choice(["add", "add", "edit", "remove", "fold"])
        if act == "add":
            texts = [" ".join(generator.choices(WORDS, k=generator.randrange(30))) or "-" for _ in range(3)]
            sources.append(add_chunks(connection, dict.fromkeys(texts, axis(0)), title="Strength"))
        elif act == "edit":
            connection.execute("update ai_kb_docs set content = content || ' row' where chunk_index = 1")
        elif act == "remove" and sources:
            remove_source(connection, sources.pop(generator.randrange(len(sources))))
        else:
            connection.execute("select maintain_index()")

    assert connection.execute(STATISTICS).fetchall() == connection.execute(RECOUNTED).fetchall()


def test_many_who_store_at_once_neither_wait_in_circles_nor_lose_a_count(database_url: str) -> None:
    def store(connection: Connection) -> None:
        generator = random.Random()  # noqa: S311
        for _ in range(10):
            with connection.transaction():
                for _ in range(2):
                    words = generator.sample(sorted(set(WORDS)), 9)
                    add_chunks(connection, dict.fromkeys(words, axis(0)), source=add_source(connection))
            connection.execute("delete from ai_kb_sources where id = (select id from ai_kb_sources limit 1)")

    def tend(connection: Connection) -> None:
        for _ in range(20):
            connection.execute("select maintain_index()")

    def compare(connection: Connection) -> bool:
        return connection.execute(STATISTICS).fetchall() == connection.execute(RECOUNTED).fetchall()

    at_once(database_url, *[store] * 6, tend, tend)

    assert at_once(database_url, compare) == [True]


def test_passages_are_had_by_the_names_that_agents_give_them(connection: Connection) -> None:
    add_chunks(connection, {"Press high.": axis(0), "Squat deep.": axis(1)})
    ((first, content),) = connection.execute("select id, content from ai_kb_docs order by content limit 1").fetchall()

    def named(*names: str) -> list[str]:
        ((found,),) = connection.execute("select public.passages_named(%s)", (list(names),)).fetchall()
        return [each["content"] for each in found]

    name = f"k{first.hex[:8]}"
    assert named(name, name, "kffffffff", "k'; drop", "k%", "") == [content]
    assert named() == []
