"""The web app: pages, API, log view, feed, badge, metrics. `create_app` in `sova.web.app` makes it."""
