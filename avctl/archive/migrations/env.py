"""How a migration runs: on the connection it is handed, in one transaction. There is no other way to run one."""

from alembic import context

from avctl.archive.schema import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
