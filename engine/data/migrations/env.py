"""What Alembic runs before a revision. The connection and its transaction are the caller's."""

from alembic import context

from engine.data.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
