"""Reading CSV: lines, encodings, rows that cannot be told apart."""

from __future__ import annotations

import io

import pytest

from streams.importer import Export, ExportError
from streams.importer.mapping import CsvFormat
from streams.importer.rows import Row, UnreadableRow, read_table


def export(content: str | bytes, **form) -> Export:
    data = content.encode() if isinstance(content, str) else content
    return Export("FILE", io.BytesIO(data), CsvFormat(**form))


def lines(content: str | bytes, **form) -> list[tuple[int, object]]:
    return [
        (row.line, row.reason if isinstance(row, UnreadableRow) else list(row.cells.values()))
        for row in export(content, **form).rows()
    ]


def test_a_row_after_a_cell_of_several_lines_has_its_line_in_the_file():
    assert lines('a,b\n1,"x\ny\nz"\n2,w\n') == [(2, ["1", "x\ny\nz"]), (5, ["2", "w"])]


def test_blank_lines_are_no_rows_but_count_as_lines():
    assert lines("a,b\n\n1,2\n\n\n3,4") == [(3, ["1", "2"]), (6, ["3", "4"])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_all_line_ends_are_known(end):
    assert lines(end.join(["a,b", "1,2", "3,4", ""])) == [(2, ["1", "2"]), (3, ["3", "4"])]


def test_lines_before_the_header_are_left_out_and_counted():
    assert lines("Report of today\n\na,b\n1,2\n", skip_lines=2) == [(4, ["1", "2"])]


def test_a_file_without_header_takes_it_from_the_mapping():
    assert lines("1,2\n3,4\n", header=["a", "b"]) == [(1, ["1", "2"]), (2, ["3", "4"])]


def test_delimiter_and_quote_are_those_of_the_mapping():
    assert lines("a;b\n'1;2';3\n", delimiter=";", quote="'") == [(2, ["1;2", "3"])]


def test_cells_are_trimmed_and_words_for_nothing_are_empty():
    assert lines("a,b\n 1 ,N/A\n", empty=["N/A"]) == [(2, ["1", ""])]
    assert lines("a\n 1 \n", trim=False) == [(2, [" 1 "])]


def test_a_byte_order_mark_is_no_part_of_the_first_column():
    assert export(b"\xef\xbb\xbfa,b\n1,2\n").header == ["a", "b"]


def test_utf_16_is_read_when_the_mapping_says_so_and_recognised_when_not():
    content = "a,b\nä,2\n".encode("utf-16")
    assert lines(content, encoding="utf-16") == [(2, ["ä", "2"])]
    with pytest.raises(ExportError, match='set encoding = "utf-16"'):
        export(content)


def test_bytes_of_another_encoding_spoil_their_row_alone():
    content = "a,b\n1,x\n2,Zoë\n3,y\n".encode("cp1252")
    found = lines(content)
    assert [line for line, _ in found] == [2, 3, 4]
    assert found[0][1] == ["1", "x"]
    assert "no utf-8-sig" in found[1][1]
    assert lines(content, encoding="cp1252")[1] == (3, ["2", "Zoë"])


def test_a_row_with_more_or_fewer_cells_than_the_header_is_not_guessed_at():
    assert lines("a,b\n1\n1,2,3\n1,2\n") == [
        (2, "1 cells, expected 2 as in the header"),
        (3, "3 cells, expected 2 as in the header"),
        (4, ["1", "2"]),
    ]


def test_a_quote_left_open_does_not_swallow_the_rows_behind_it_without_a_word():
    found = lines('a,b\n1,"x\n2,y\n')
    assert found == [(2, "not CSV: unexpected end of data")]


def test_a_quote_in_the_middle_of_a_quoted_cell_spoils_its_row_alone():
    assert lines('a,b\n1,"5" pipe"\n2,y\n') == [(2, "not CSV: ',' expected after '\"'"), (3, ["2", "y"])]


def test_a_file_can_be_read_twice():
    twice = export("a\n1\n2\n")
    assert list(twice.rows()) == list(twice.rows()) == [Row(2, {"a": "1"}), Row(3, {"a": "2"})]


@pytest.mark.parametrize(("content", "message"), [("", "no header"), ("\n1,2\n", "no header"), ("a,a\n", "'a' twice")])
def test_a_file_without_a_usable_header_is_refused(content, message):
    with pytest.raises(ExportError, match=message):
        export(content)


def test_a_second_file_that_cannot_be_read_is_refused_with_its_line(tmp_path):
    (tmp_path / "p.csv").write_text("k,v\n1\n", encoding="utf-8")
    with pytest.raises(ExportError, match=r"p.csv:2: 1 cells"):
        read_table(tmp_path / "p.csv", CsvFormat(), "k")
    with pytest.raises(ExportError, match="no column 'x'"):
        read_table(tmp_path / "p.csv", CsvFormat(), "x")
    with pytest.raises(ExportError, match="No such file"):
        read_table(tmp_path / "none.csv", CsvFormat(), "k")
