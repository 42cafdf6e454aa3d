"""A test of the functions that an import wrote. The tests copy it into the project: the same for both databases."""

import pytest
from shop import links, nodes, odd_names

from hangar_dal.errors import NotFound


async def test_nodes(hangar_db):
    async with hangar_db() as db:
        root = await nodes.insert_node(db, nodes.NewNode(name="root"))
        assert (root.parent_id, root.mood, root.state, root.twice) == (None, "it's ok", "new", root.id * 2)
        child = await nodes.insert_node(db, nodes.NewNode(name="child", parent_id=root.id, mood="sad"))
        assert child.made_at is not None
        assert await nodes.list_nodes(db, limit=1) == [root]
        assert await nodes.list_nodes(db, after=root) == [child]
        changed = await nodes.update_node(db, child.id, state="done", parent_id=None)
        assert changed == child.model_copy(update={"state": "done", "parent_id": None})
        assert await nodes.get_node(db, child.id) == changed
        assert await nodes.delete_node(db, child.id) == 1
        assert await nodes.delete_node(db, child.id) == 0
        with pytest.raises(NotFound):
            await nodes.get_node(db, child.id)
        with pytest.raises(NotFound):
            await nodes.update_node(db, child.id, name="nobody")


async def test_odd_names(hangar_db):
    async with hangar_db() as db:
        new = odd_names.NewOddName(
            column_1st=1, grosse=2**40, limit_=2, db_="x", order_date="b", a_b="one", a_b_2="two"
        )
        first = await odd_names.insert_odd_name(db, new)
        assert (first.class_, first.json_, first.select, first.a_b, first.a_b_2) == (None, 5, False, "one", "two")
        others = [
            await odd_names.insert_odd_name(db, new.model_copy(update={"limit_": limit, "order_date": date}))
            for limit, date in ((3, "a"), (2, "c"), (1, "z"))
        ]
        in_order = [others[2], first, others[1], others[0]]
        assert await odd_names.list_odd_names(db) == in_order
        assert await odd_names.list_odd_names(db, after=first) == in_order[2:]
        changed = await odd_names.update_odd_name(db, limit_=2, order_date="b", class_="new", select=True)
        assert changed == first.model_copy(update={"class_": "new", "select": True})
        assert await odd_names.delete_odd_name(db, limit_=2, order_date="b") == 1


async def test_links(hangar_db):
    async with hangar_db() as db:
        node = await nodes.insert_node(db, nodes.NewNode(name="root"))
        odd = await odd_names.insert_odd_name(db, odd_names.NewOddName(column_1st=1, limit_=2, db_="x", order_date="b"))
        link = await links.insert_link(db, links.NewLink(node_id=node.id, limit_=odd.limit_, order_date="b"))
        assert await links.list_links(db, limit=3) == [link]
        assert await links.get_link(db, node_id=node.id, limit_=2) == link
