# The web process and, with another command, the worker of the queue `web`. Holds no torch.
# From the checkout: docker build -f docker/web.Dockerfile -t unitscope-web .

FROM node:20.19.5-bookworm-slim AS front-end
WORKDIR /static
COPY static/package.json static/package-lock.json static/.npmrc ./
RUN npm ci
COPY static ./
RUN npm run build

FROM python:3.11.14-slim-bookworm
ENV PYTHONUNBUFFERED=1
WORKDIR /app
# pg_dump and pg_restore, for `manage.py backup`; bookworm's are of the version of compose's PostgreSQL.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
# Dependencies first: the code, which changes more often, is then run from /app and costs no new install.
# The lock, which `make lock` renews, names the hash of every file that is installed.
COPY docker/web.lock pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --require-hashes --requirement web.lock
# Its name and version alone; nothing is fetched for it.
# hadolint ignore=DL3059
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index .
COPY manage.py ./
COPY webapp webapp
COPY experiments experiments
COPY model_zoo model_zoo
COPY static/public static/public
COPY --from=front-end /static/dist static/dist
# No secret is kept: collecting files needs settings, and settings need some key.
RUN SECRET_KEY=unused python manage.py collectstatic --noinput \
    && useradd --system --create-home --uid 10001 unitscope \
    && install --directory --owner unitscope /artifacts
# By number, so that a cluster can see that it is not root.
USER 10001
ENV ARTIFACT_URL=/artifacts ZOO_DIR=/artifacts/zoo
VOLUME /artifacts
EXPOSE 8000
CMD ["gunicorn", "webapp.wsgi", "--config", "python:webapp.serving", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm"]
