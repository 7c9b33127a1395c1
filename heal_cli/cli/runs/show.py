"""`heal runs show`: one run, its sources and transactions, and what is left of it."""

from __future__ import annotations

from dataclasses import asdict

from heal_cli.cli.load_flags import LoadFlags
from heal_cli.cli.runs.shared import WHERE, Run, counts, facts, ledger
from heal_cli.cli.taking_flags import with_flags
from heal_cli.cli.terminal import clean, note, say, say_json
from heal_cli.clock import local_time
from heal_cli.wording import counted


@with_flags(*WHERE, "json")
def show(run: Run, flags: LoadFlags) -> None:
    """Show one run: command, sources, transactions, what is left."""
    from heal_cli.write import find_run, restore_bytes, sources_of, transactions_of

    with ledger(flags) as connection:
        found = find_run(connection, run)
        sources = sources_of(connection, found.run)
        kept = restore_bytes(connection, found.run)
        transactions = transactions_of(connection, found.run)
    if flags.json:
        import msgspec

        document = {
            "heal": 1,
            **facts(found),
            "sources": [asdict(source) for source in sources],
            "transactions": [asdict(each) for each in transactions],
            "restore_bytes": kept,
            "report": msgspec.Raw(found.report.encode()) if found.report else None,
        }
        say_json(document)
        return
    say(clean(f"run      {found.run}, {found.state}"))
    say(clean(f"command  {found.command}"))
    end = f" to {local_time(found.finished_at):%H:%M:%S}" if found.finished_at else ""
    say(f"when     {local_time(found.started_at):%Y-%m-%d %H:%M:%S}{end}")
    say(clean(f"table    {found.table}"))
    say(f"rows     {counts(found)}")
    if found.undone_by:
        say(f"undone   by run {found.undone_by}")
    if found.undid:
        say(f"undid    run {found.undid}")
    for source in sources:
        say(
            clean(
                f"source   {source.name}: {counted(source.loaded, 'row')} loaded in {counted(source.batches, 'batch', 'batches')}"
            )
        )
    for each in transactions:
        why = f" ({each.sqlstate})" if each.sqlstate else ""
        say(
            clean(
                f"audit    {each.count:,} {each.kind} by {each.role} {each.outcome}{why}: {counted(each.rows, 'row')}"
            )
        )
    if kept:
        say(f"restore  {kept:,} bytes keep what its rows were before")
    if found.rejects_path and found.rejected:
        say(clean(f"rejects  {found.rejects_path}"))
    if found.loaded:
        note(f"take it back with: heal undo {found.run}")
