"""The Celery side of Meloko: thin tasks that claim a job, ask one service and finish it."""
