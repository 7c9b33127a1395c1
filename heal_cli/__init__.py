"""`heal`: messy files into PostgreSQL, healed, at COPY speed, nothing lost."""
