module rove/peers

go 1.19
