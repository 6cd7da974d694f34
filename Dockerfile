# syntax=docker/dockerfile:1
FROM python:3.13-slim-bookworm AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/meloko
COPY requirements/run.txt /tmp/run.txt
RUN /opt/meloko/bin/python -m pip install --require-hashes --only-binary :all: -r /tmp/run.txt

FROM python:3.13-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /srv/meloko --shell /usr/sbin/nologin meloko \
 && install -d -o meloko -g meloko /srv/meloko /var/lib/meloko
COPY --from=build /opt/meloko /opt/meloko
WORKDIR /srv/meloko
COPY pyproject.toml LICENSE ./
COPY meloko meloko
COPY routing routing
COPY workers workers
COPY templates templates
ENV PATH=/opt/meloko/bin:$PATH PYTHONPATH=/srv/meloko PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MELOKO_VAR=/var/lib/meloko
USER meloko
VOLUME /var/lib/meloko
EXPOSE 8000
CMD ["python", "-m", "gunicorn", "meloko.app:create_app()", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", \
     "--workers", "2", "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
