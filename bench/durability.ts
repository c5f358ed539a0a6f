/** How durable every Redis of the bench is: that of the product's own. Speed is never bought with it. */
export const durability = "appendonly yes, appendfsync always";
