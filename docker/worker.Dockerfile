# The worker of the queue `gpu`: makes stimuli, trains, analyzes. Holds no Django and needs no database.
# From the checkout: docker build -f docker/worker.Dockerfile -t unitscope-worker .

FROM python:3.11.14-slim-bookworm
ENV PYTHONUNBUFFERED=1 MPLCONFIGDIR=/tmp/matplotlib
WORKDIR /app
# Dependencies first: the code, which changes more often, is then run from /app and costs no new install of torch.
# The lock, which `make lock` renews, names the hash of every file that is installed.
COPY docker/worker.lock pyproject.toml README.md LICENSE ./
RUN pip install --no-cache-dir --require-hashes --requirement worker.lock
# Its name and version alone; nothing is fetched for it.
# hadolint ignore=DL3059
RUN pip install --no-cache-dir --no-deps --no-build-isolation --no-index .
COPY experiments experiments
COPY model_zoo model_zoo
RUN useradd --system --create-home --uid 10001 unitscope \
    && install --directory --owner unitscope /artifacts
# By number, so that a cluster can see that it is not root.
USER 10001
ENV ARTIFACT_URL=/artifacts ZOO_DIR=/artifacts/zoo
VOLUME /artifacts
CMD ["celery", "-A", "experiments.celery_app", "worker", "-Q", "gpu", "-n", "gpu@%h", "--loglevel", "INFO"]
