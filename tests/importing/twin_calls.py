"""A test of the functions that an import with --twin wrote, on both databases. The tests copy it into the project."""

import pytest
from shop import links, nodes, odd_names

from hangar_dal.errors import NotFound


async def test_nodes(hangar_db):
    async with hangar_db() as db:
        root = await nodes.insert_node(db, nodes.NewNode(name="root"))
        assert (root.parent_id, root.mood, root.state) == (None, "it's ok", "new")
        child = await nodes.insert_node(db, nodes.NewNode(name="child", parent_id=root.id, mood="sad"))
        assert await nodes.list_nodes(db, after=root) == [child]
        changed = await nodes.update_node(db, child.id, state="done", parent_id=None)
        assert changed == child.model_copy(update={"state": "done", "parent_id": None})
        assert await nodes.delete_node(db, child.id) == 1
        with pytest.raises(NotFound):
            await nodes.get_node(db, child.id)


async def test_odd_names_and_links(hangar_db):
    async with hangar_db() as db:
        node = await nodes.insert_node(db, nodes.NewNode(name="root"))
        new = odd_names.NewOddName(column_1st=1, limit_=2, db_="x", order_date="b", grosse=2**40)
        odd = await odd_names.insert_odd_name(db, new)
        assert (odd.class_, odd.json_, odd.select) == (None, 5, False)
        assert await odd_names.get_odd_name(db, limit_=2, order_date="b") == odd
        link = await links.insert_link(db, links.NewLink(node_id=node.id, limit_=odd.limit_, order_date="b"))
        assert await links.list_links(db) == [link]
        assert await odd_names.delete_odd_name(db, limit_=2, order_date="b") == 1
        assert await links.list_links(db) == []
