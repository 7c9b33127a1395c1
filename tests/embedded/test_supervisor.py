"""The embedded server's life."""



def test_smoke(conn):
    """x"""
    assert conn.execute("select 1").fetchone() == (1,)
