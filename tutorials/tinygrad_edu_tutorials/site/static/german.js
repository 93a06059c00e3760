// What Sphinx's own German lacks. Its plural gives true or false, which chooses none of the two forms.
Documentation.addTranslations({
  locale: "de",
  messages: {
    "Search finished, found one page matching the search query.": [
      "Eine Seite gefunden.",
      "${resultCount} Seiten gefunden.",
    ],
    "Searching for multiple words only shows matches that contain\n    all words.":
      "Gefunden wird, was alle gesuchten Wörter enthält.",
  },
  plural_expr: "Number(n !== 1)",
});
