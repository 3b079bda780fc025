"""Where the house meets people and their machines. Edges subscribe to the bus and read state; none asks a device."""
