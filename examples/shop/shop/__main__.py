"""`python -m shop`: a sale, from the shelf to the paid order. It may be run again."""

import asyncio

from hangar_dal import open_database, users
from shop import CATALOG
from shop.models import NewOrder, NewProduct, OrderLine, ProductStatus
from shop.orders import delete_order, insert_order, insert_order_lines, list_orders, pay_order
from shop.products import find_product_by_sku, get_sales, insert_products, list_products, update_product


async def main() -> None:
    async with open_database(catalog=CATALOG) as db:
        buyer = await users.sign_in_eve_user(db, eve_character_id=2112000003, display_name="Buyer")
        if await find_product_by_sku(db, "FUEL-40") is None:
            new = [
                NewProduct(sku="FUEL-40", name="Fuel blocks", price_minor=1999, currency="EUR"),
                NewProduct(sku="HULL-1", name="Hull", price_minor=50_000, currency="EUR"),
            ]
            await insert_products(db, new)
        for product in await list_products(db, order="cheapest"):
            await update_product(db, product.id, status=ProductStatus.ON_SALE)  # and nothing else of it

        fuel, hull = await list_products(db, status=ProductStatus.ON_SALE, order="cheapest", limit=2)
        async with db.transaction() as tx:  # an order with its lines, or neither
            order = await insert_order(tx, NewOrder(user_id=buyer.id, currency="EUR", note="Leave it in the hangar."))
            lines = [(fuel, 40), (hull, 1)]
            await insert_order_lines(
                tx,
                [
                    OrderLine(order_id=order.id, product_id=each.id, quantity=count, price_minor=each.price_minor)
                    for each, count in lines
                ],
            )
        await pay_order(db, order.id)

        for each in await list_orders(db, user_id=buyer.id):
            total = sum(line.quantity * line.price_minor for line in each.lines)
            state = "paid" if each.paid_at else "open"
            print(f"{len(each.lines)} lines, {total} {each.currency}, {state}: {each.note}")
        sales = await get_sales(db, fuel.id)
        print(f"{sales.sku}: {sales.quantity} sold")
        await delete_order(db, order.id)


if __name__ == "__main__":
    asyncio.run(main())
