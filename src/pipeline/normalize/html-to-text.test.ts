import * as fc from "fast-check";
import { expect, test } from "vitest";
import { htmlToText } from "./html-to-text.ts";

test.each([
  [
    "paragraphs stay apart",
    "<h1>Title</h1>\n<p>First <b>bo</b>ld\nline.</p><p>Second.</p>",
    "Title\n\nFirst bold line.\n\nSecond.",
  ],
  ["line breaks stay", "a<br>b<br/>c<div>d</div>e", "a\nb\nc\nd\ne"],
  ["lists get their marks", "<ul><li>one</li><li>two</li></ul><ol><li>a<li>b</ol>", "- one\n- two\n\n1. a\n2. b"],
  ["inner lists are indented", "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n  - b\n- c"],
  [
    "a table's cells and rows stay apart",
    "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td></tr></table>",
    "1 2 \n3 ",
  ],
  [
    "scripts, styles and comments are gone",
    "a<script>if (x < y) '</p>'</script><style>p{}</style><!-- <p>c -->b",
    "ab",
  ],
  ["an unclosed script hides the rest, as in a browser", "a<script>alert(1)", "a"],
  [
    "entities are decoded once",
    "&lt;b&gt; &amp;amp; &#8364;&#x20AC; &eacute;&nbsp;&hellip; &#150;",
    "<b> &amp; \u20ac\u20ac \u00e9\u00a0\u2026 \u2013",
  ],
  ["unknown entities stay", "AT&T &bogus; &#xZZ; &", "AT&T &bogus; &#xZZ; &"],
  ["impossible code points become the replacement character", "&#0;&#xD800;&#x110000;", "\ufffd\ufffd\ufffd"],
  ["signs that are no tags stay", "a < b and c<d, 1 <2 <", "a < b and c<d, 1 <2 <"],
  ["attributes may hold signs of tags", "<a title=\"x > y\" href='<z>'>link</a>", "link"],
  ["an attribute that never closes loses only its tag", '<a title="x>link', "link"],
  ["preformatted text keeps its spaces", "<p>a   b</p><pre>  x\n    y</pre>", "a b\n\n  x\n    y"],
  ["text without tags stays", "no tags &amp; all", "no tags & all"],
])("%s", (_name, html, text) => {
  expect(htmlToText(html)).toBe(text);
});

test("no tag of the usual kind survives", () => {
  const piece = fc.constantFrom(
    "<p>",
    "</p>",
    "<li>",
    "<ul>",
    "</ul>",
    '<a href="',
    "'",
    '"',
    ">",
    "<",
    "</",
    "<!--",
    "-->",
    "<script>",
    "x",
    " ",
    "&lt;",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
      expect(htmlToText(pieces.join("").replaceAll("&lt;", ""))).not.toMatch(/<(?:p|li|ul|script)>/);
    }),
  );
});

test.each([
  "<",
  "<a ",
  '<a b="',
  "<a b='x' c=\"",
  "<!--",
  "<!",
  "<script>",
  "<script></",
  "<ul><li>",
  "&#",
  "<p> ",
  "</",
  "<svg></sv",
])("a megabyte of %s is read in linear time", (piece) => {
  expect(htmlToText(piece.repeat(1_000_000 / piece.length)).length).toBeLessThan(5_000_000);
});
