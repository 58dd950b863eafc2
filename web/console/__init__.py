"""The console: server-rendered pages for the people who work with cards.

How to add a page:

1. Name what it needs in ``services.py``: a port (Protocol) or a use case; fit it in
   ``web/console_wiring.py``. Pages hold no SQL, no cryptography and no rule.
2. Write the views into ``pages/<area>.py`` with ``pages(services) -> Blueprint`` and add it to
   ``_AREAS`` in ``assemble.py``. Every view declares who may see it (``access.needs``); one that
   does not is refused, and a test fails.
3. A view parses (``forms.FormReader``), calls one use case, renders. A POST that changes something
   goes through ``once.once``; its form holds ``{{ form_tokens() }}``. Grave acts say
   ``needs(..., grave=True)``. A confirmation is a page of its own, not a dialog.
4. Scope: lists take ``present_operator().agencies`` down to the store (``store.scope.in_scope``);
   a single record that ``Operator.covers`` does not cover is ``abort(404)``.
5. Templates go to ``templates/<area>/``, extend ``layout.html`` and are put together from the
   macros in ``templates/components``; /console/components shows all of them with their states.
   Every text is a pair: ``{{ t("Đăng nhập", "Sign in") }}``, ``Text(vi=..., en=...)`` in Python.
6. Put the area into ``navigation.SECTIONS``. The tests find the page by itself: they open it in
   both languages and let axe judge it; one with a parameter is named in ``tests/support/console``.
"""
